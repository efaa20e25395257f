// A host's time with a partition, from one RESET or first delivery to the loss of the pin.
import { addressKey, errorFields, isDoneWithin, summaryOf } from '@pawl/core';
import type {
  ActorAddress,
  ActorState,
  Delivery,
  ListQuestion,
  ListReply,
  SnapshotHeader,
} from '@pawl/core';
import type { ActorRunner } from '../actor/actor-runner.ts';
import { publishNotice } from '../actor/answers.ts';
import { expireOverdue } from '../actor/expire-overdue.ts';
import { isHeldMark } from '../actor/parked-mark.ts';
import type { Receipt, ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import { untilDone } from '../retry.ts';
import { readProven, type ProvenHeaders } from './proven-headers.ts';
import { DueActors, OVERDUE_AFTER_MS } from './due-actors.ts';
import { Residents } from './residents.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { SummaryIndex } from './summary-index.ts';
import { visitPartition } from './visit.ts';
import { Takeover, type TakeoverStart } from './takeover.ts';

/** How long the mark of a takeover that is left may take to go, ms. */
const LEAVE_MS = 500;

/**
 * What a host has of a partition while it holds it. Thrown away as a whole. Without `start` no
 * delivery is expected.
 */
export class Tenure {
  readonly #context: HostContext;
  readonly #partition: number;
  readonly #residents: Residents;
  readonly #index: SummaryIndex;
  readonly #due = new DueActors();
  /** Parked for a reason that may pass: tried again by the sweep. */
  readonly #parked = new Set<string>();
  readonly #writer: SnapshotWriter;
  readonly #takeover: Takeover | undefined;
  #deliveredUpTo: number;
  #unacked = 0;
  #isCurrent = true;
  #indexed: Promise<void> | undefined;
  #visiting: Promise<void> = Promise.resolve();
  /** The streams for which all were visited before the snapshots here were read, or by us. */
  #visitedFor: string | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(context: HostContext, partition: number, start?: TakeoverStart) {
    this.#context = context;
    this.#partition = partition;
    this.#deliveredUpTo = (start?.backlog.first ?? Infinity) - 1;
    this.#index = new SummaryIndex(context.identity.created);
    this.#writer = new SnapshotWriter(
      context,
      partition,
      (actor, covered) => this.#acknowledge(actor, covered),
      ({ address }) => this.#residents.find(addressKey(address))?.loadAgain(),
    );
    this.#residents = new Residents({
      ...context,
      partition,
      writer: this.#writer,
      isCurrent: () => this.#isCurrent,
      deliveredUpTo: () => this.#deliveredUpTo,
      onStep: (state) => this.#noteStep(state),
      onParked: (actor) => this.#noteParked(actor),
      onAcknowledged: () => this.#countDown(),
      isNew: (address) => this.#index.isNew(address),
      beforeFold: (sequence) => this.#takeover?.beforeFold(sequence),
      afterFolds: () => this.#takeover?.afterFolds(),
    });
    const isCurrent = (): boolean => this.#isCurrent;
    const runnerOf = ({ entry }: Delivery): ActorRunner => this.#residents.use(entry);
    this.#takeover = start && new Takeover({ ...start, isCurrent, runnerOf });
  }

  /** Takes the partition over, and reads what it has, for lists and for the sweep. */
  start(): void {
    this.#takeover?.run().catch((error: unknown) => {
      if (!this.#isCurrent) return;
      const what = `Partition ${this.#partition} could not be taken over`;
      this.#context.log('error', what, errorFields(error));
    });
    this.#indexed = this.#readHeaders().catch((error: unknown) => {
      if (this.#isCurrent)
        this.#context.log(
          'error',
          `The snapshots of partition ${this.#partition} are unreadable`,
          errorFields(error),
        );
    });
    this.#visit();
  }

  /** Publishes what the actors wait for, when streams were made anew since somebody did. */
  #visit(): void {
    const { identity } = this.#context.streams;
    if (identity === undefined || identity === this.#visitedFor) return;
    this.#visiting = this.#visiting
      .then(() => this.#visitFor(identity))
      .catch((error: unknown) => {
        if (!this.#isCurrent) return;
        const what = `Partition ${this.#partition} could not be visited and will be again`;
        this.#context.log('error', what, errorFields(error));
      });
  }

  async #visitFor(identity: string): Promise<void> {
    await this.#indexed;
    await this.#takeover?.notAlone;
    if (identity === this.#visitedFor) return;
    const visitor = await visitPartition(this.#context, identity, {
      number: this.#partition,
      isCurrent: () => this.#isCurrent,
      runner: (key) => this.#runner(key),
    });
    if (visitor === undefined) return;
    // What another host has saved on its visit was not there when the snapshots were read.
    if (visitor === 'other') await this.#readHeaders();
    this.#visitedFor = identity;
  }

  async #readHeaders(): Promise<void> {
    const { ports, clock, log, service } = this.#context;
    const what = `Reading the snapshots of partition ${this.#partition}`;
    const isWanted = (): boolean => this.#isCurrent;
    const retry = { clock, log, what, isWanted };
    // Before the snapshots: a visit says so after it has saved them all.
    const visitedFor = await untilDone(() => ports.visits.load(service, this.#partition), retry);
    const read = (): Promise<ProvenHeaders> => readProven(this.#context, this.#partition);
    const { right, wrong } = await untilDone(read, retry);
    if (!this.#isCurrent) return;
    this.#visitedFor = visitedFor;
    this.#index.fill(right);
    for (const header of right) this.#noteHeader(header);
    for (const actor of wrong) await this.#foldAnew(actor);
    void this.#foldOnParked();
  }

  /**
   * The journal has lost what this snapshot says, or somebody else wrote it: loading folds what the
   * journal has, and saves it.
   */
  async #foldAnew(actor: ActorAddress): Promise<void> {
    await this.#takeover?.notAlone;
    if (!this.#isCurrent) return;
    const runner = this.#runner(addressKey(actor));
    await runner.load();
    if (runner.actor.state !== undefined) this.#index.set(summaryOf(runner.actor.state));
  }

  #noteHeader(header: SnapshotHeader): void {
    const key = addressKey(header);
    // What is in memory knows better.
    if (this.#residents.find(key) !== undefined) return;
    if (header.dueAt !== undefined) this.#due.add(key, header.dueAt);
    if (header.parked !== undefined && !isHeldMark(header.parked)) this.#parked.add(key);
  }

  /** Perhaps this host has the version, or the broker takes it now: loading folds on. */
  async #foldOnParked(): Promise<void> {
    await this.#takeover?.notAlone;
    const keys = [...this.#parked];
    this.#parked.clear();
    for (const key of keys) {
      if (!this.#isCurrent) return;
      // A parked runner holds on to what it has loaded: a new one looks again.
      const actor = this.#residents.find(key)?.actor;
      if (actor?.parked !== undefined && !actor.isIdle) this.#parked.add(key);
      else if (actor?.parked !== undefined) this.#residents.drop(key);
      await this.#runner(key).load();
    }
  }

  #noteStep(state: ActorState): void {
    this.#index.set(summaryOf(state));
    this.#due.note(state);
    try {
      publishNotice(this.#context.ports, state);
    } catch (error) {
      const what = `The state of ${addressKey(state)} could not be told`;
      this.#context.log('warn', what, errorFields(error));
    }
  }

  #noteParked({ address, parked }: ResidentActor): void {
    if (parked === undefined) return;
    this.#index.park(address, parked.code);
    if (parked.code === 'broker-refused') this.#parked.add(addressKey(address));
  }

  /** Takes a delivery, in order. */
  take(delivery: Delivery): void {
    this.#unacked += 1;
    this.#deliveredUpTo = Math.max(this.#deliveredUpTo, delivery.entry.sequence);
    if (this.#takeover?.isOver === false) this.#takeover.take(delivery);
    else this.#residents.use(delivery.entry).take(delivery, false);
    if (this.#unacked >= this.#context.limits.unsavedMax && !this.#writer.isFlushing)
      void this.#writer.flush();
  }

  #runner(key: string): ActorRunner {
    const [type = '', id = ''] = key.split('/');
    return this.#residents.use({ type, id });
  }

  #acknowledge(actor: ResidentActor, covered: readonly Receipt[]): void {
    if (!this.#isCurrent) return;
    for (const { ack } of covered) {
      ack();
      this.#countDown();
    }
    if (actor.isDirty) this.#writer.add(actor);
    else if (actor.state?.status === 'done' && actor.isIdle)
      this.#residents.drop(addressKey(actor.address));
  }

  #countDown(): void {
    this.#unacked -= 1;
    if (this.#unacked === 0) this.#onQuiet?.();
  }

  /** Deliveries that are not acknowledged yet. */
  get unacked(): number {
    return this.#unacked;
  }

  /** The loaded actor, if it is in memory. */
  resident(key: string): ResidentActor | undefined {
    const actor = this.#residents.find(key)?.actor;
    return actor?.mailbox === undefined ? actor : undefined;
  }

  /** One page of a type. */
  async list(type: string, question: ListQuestion): Promise<ListReply> {
    await this.#indexed;
    return this.#index.page(type, question);
  }

  /** Expires commands past their deadline, arms overdue timers again, tries parked actors again. */
  async sweep(): Promise<void> {
    await this.#indexed;
    this.#visit();
    const { clock } = this.#context;
    for (const key of this.#due.takeDue(clock.now())) {
      if (!this.#isCurrent) return;
      await this.#expire(key);
    }
    await this.#foldOnParked();
  }

  async #expire(key: string): Promise<void> {
    const { ports, clock, log } = this.#context;
    await this.#takeover?.notAlone;
    const runner = this.#runner(key);
    await runner.load();
    const { state, parked } = runner.actor;
    // What a parked actor is sent would only pile up.
    if (state === undefined || parked !== undefined || !this.#isCurrent) return;
    try {
      await expireOverdue(ports, state, clock.now());
    } catch (error) {
      log('warn', `${key} could not be swept and is looked at again`, errorFields(error));
    }
    // A step notes the actor anew; without one it is looked at again.
    const isSame = runner.actor.state === state;
    if (isSame) this.#due.noteAgain(state, clock.now() + OVERDUE_AFTER_MS);
  }

  /**
   * Waits until everything taken is stored and acknowledged, at most so long. Returns how many
   * entries are left: they come again, to whoever has the partition next.
   */
  async finish(withinMs: number): Promise<number> {
    const { clock } = this.#context;
    if (this.#unacked > 0) {
      const quiet = new Promise<void>((resolve) => (this.#onQuiet = resolve));
      void this.#writer.flush();
      await isDoneWithin(clock, withinMs, quiet);
    }
    const leaving = this.#takeover?.leave();
    if (leaving !== undefined) await isDoneWithin(clock, LEAVE_MS, leaving);
    return this.#unacked;
  }

  /** The partition is lost or delivered anew: nothing more is acknowledged or saved. */
  end(): void {
    this.#isCurrent = false;
    this.#writer.close();
    this.#takeover?.end();
    this.#residents.end();
    this.#onQuiet?.();
  }
}
