// One session of a relay: from claiming lanes to the end of its connection to the database.
import type { Clock, Log } from '@pawl/core';
import { readIdentity } from '../migrate.ts';
import { ActorChains } from './actor-chains.ts';
import type { ConfirmedSession } from './confirmed-session.ts';
import { LaneTable } from './lane-table.ts';
import { announceRelay, claimLanes, LANES, readCrew, releaseLanes, shareOf } from './lanes.ts';
import type { PublishContext } from './publish-row.ts';
import { createPosition, readRows, type ReadPosition } from './read-rows.ts';
import { readReserved, reserveUpTo, settleRows, type SettledRow } from './settle-rows.ts';
import type { Bell } from '../bell.ts';

/** What a session needs. */
export interface SessionContext {
  readonly session: ConfirmedSession;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  /** Rung by the session's end, by the relay's stop, and by all that the session waits for. */
  readonly bell: Bell;
  readonly isStopping: () => boolean;
  readonly publishing: Pick<PublishContext, 'ports' | 'versionFor'>;
  readonly onSettled: (settled: readonly SettledRow[]) => void;
  /** Called when lane 0 comes: who has it does what only one relay needs to do. */
  readonly onFirstLane: (outboxId: string) => void;
}

/** Rows that are read and not yet settled, at most. */
const HELD_MAX = 4_096;
const PER_LANE = 128;
/** Rows are written off together: after so many, or so long. */
const SETTLE_MANY = 512;
const SETTLE_MS = 25;
/** Between two reads that bring little: many small transactions are read together. */
const READ_EVERY_MS = 10;
const LITTLE = 64;
/** Numbers are reserved ahead, so that it is written down seldom. */
const RESERVE_AHEAD = 4_096;
/** The relays look at each other's locks. */
const CREW = 'crew';

/** One session. */
export class RelaySession {
  readonly #context: SessionContext;
  readonly #lanes = new LaneTable();
  readonly #position: ReadPosition = createPosition();
  #settled: SettledRow[] = [];
  #settleAt = Number.POSITIVE_INFINITY;
  #readAt = 0;
  #balanceAt = 0;
  #hasNews = true;
  #reservedUpTo = 0;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  get lanes(): readonly number[] {
    return this.#lanes.staying;
  }

  /** Works until the relay stops or the session ends. Throws what ended it. */
  async run(): Promise<void> {
    const { session, isStopping, bell, clock } = this.#context;
    const { id } = await readIdentity(session);
    await session.execute('SET enable_seqscan = off', []); // The statistics of a queue mislead.
    session.onNotification((payload) => this.#onNotification(payload));
    await session.execute('LISTEN pawl_outbox', []);
    await announceRelay(session);
    await this.#tellCrew();
    const chains = new ActorChains(
      {
        ...this.#context.publishing,
        clock,
        log: this.#context.log,
        outboxId: id,
        isCurrent: () => session.isOpen,
        confirm: () => session.confirm(),
      },
      { onSettled: (row) => this.#onSettled(row), onFailure: (error) => session.fail(error) },
    );
    while (session.isOpen && !(isStopping() && this.#lanes.held === 0)) {
      if (clock.now() >= this.#settleAt || this.#settled.length >= SETTLE_MANY)
        await this.#settle();
      else if (!isStopping() && clock.now() >= this.#balanceAt) await this.#balance(id);
      else if (this.#mayRead()) await this.#read(chains);
      else await bell.wait(this.#idleMs());
    }
    if (session.failure !== undefined) throw session.failure;
    if (!session.isOpen) return;
    await session.execute('SELECT pg_advisory_unlock_all()', []);
    await this.#tellCrew();
  }

  #onNotification(payload: string): void {
    if (payload === CREW) this.#balanceAt = 0;
    else if (this.#lanes.has(Number(payload))) this.#hasNews = true;
    else return;
    this.#context.bell.ring();
  }

  #onSettled(row: SettledRow): void {
    this.#settled.push(row);
    const { clock, bell } = this.#context;
    if (this.#settled.length === 1) this.#settleAt = clock.now() + SETTLE_MS;
    // A loop that sleeps for longer than this must hear of it; else it looks by itself.
    if (this.#settled.length === 1 || this.#settled.length === SETTLE_MANY) bell.ring();
  }

  #mayRead(): boolean {
    const { isStopping, clock } = this.#context;
    const hasRoom = this.#lanes.held + PER_LANE * LANES <= HELD_MAX;
    return this.#hasNews && hasRoom && !isStopping() && clock.now() >= this.#readAt;
  }

  #idleMs(): number {
    const hasRoom = this.#lanes.held + PER_LANE * LANES <= HELD_MAX;
    const readAt = this.#hasNews && hasRoom ? this.#readAt : Number.POSITIVE_INFINITY;
    const next = Math.min(this.#settleAt, this.#balanceAt, readAt);
    return Math.max(0, next - this.#context.clock.now());
  }

  async #settle(): Promise<void> {
    const settled = this.#settled;
    this.#settled = [];
    this.#settleAt = Number.POSITIVE_INFINITY;
    await settleRows(this.#context.session, settled);
    for (const { row } of settled) this.#lanes.drop(row);
    this.#context.onSettled(settled);
    const left = this.#lanes.takeLeft();
    if (left.length === 0) return;
    await releaseLanes(this.#context.session, left);
    await this.#tellCrew();
  }

  /** Reads once in a while whatever happens: a notification may get lost. */
  async #balance(outboxId: string): Promise<void> {
    const { session, clock, pollMs } = this.#context;
    this.#balanceAt = clock.now() + pollMs;
    this.#hasNews = true;
    const { relays, taken } = await readCrew(session);
    const share = shareOf(relays);
    for (const lane of this.#lanes.staying.slice(share)) {
      this.#lanes.leave(lane);
      this.#position.after.delete(lane);
    }
    const left = this.#lanes.takeLeft();
    if (left.length > 0) {
      await releaseLanes(session, left);
      await this.#tellCrew();
    }
    const wanted = share - this.#lanes.count;
    if (wanted <= 0) return;
    const free = Array.from({ length: LANES }, (_, lane) => lane).filter(
      (lane) => !taken.has(lane) && !this.#lanes.has(lane),
    );
    const claimed = await claimLanes(session, free, wanted);
    if (claimed.length === 0) return;
    const reserved = await readReserved(session, claimed);
    for (const lane of claimed) {
      this.#lanes.add(lane, reserved.get(lane) ?? 0);
      this.#position.after.set(lane, 0);
    }
    this.#reservedUpTo = 0; // Of the new lanes, nothing is reserved.
    if (claimed.includes(0)) this.#context.onFirstLane(outboxId);
  }

  async #tellCrew(): Promise<void> {
    await this.#context.session.execute(`SELECT pg_notify('pawl_outbox', '${CREW}')`, []);
  }

  async #read(chains: ActorChains): Promise<void> {
    const { session, clock } = this.#context;
    this.#hasNews = false;
    if (this.#position.after.size === 0) return;
    const { rows, isCut } = await readRows(session, this.#position, PER_LANE);
    const fresh = rows.filter((row) => this.#lanes.hold(row));
    if (rows.length < LITTLE) this.#readAt = clock.now() + READ_EVERY_MS;
    if (isCut) this.#hasNews = true;
    // Nothing but what is held already: more can be read once some of it is settled.
    if (isCut && fresh.length === 0) this.#readAt = clock.now() + SETTLE_MS;
    const last = Math.max(0, ...fresh.map(({ number }) => number));
    if (last > this.#reservedUpTo) {
      await reserveUpTo(session, this.#lanes.staying, last + RESERVE_AHEAD);
      this.#reservedUpTo = last + RESERVE_AHEAD;
    }
    for (const row of fresh) chains.add(row, { mayBeStored: this.#lanes.isDoubtful(row) });
  }
}
