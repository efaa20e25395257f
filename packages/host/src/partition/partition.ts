// One partition of a service: takes its deliveries in order and brings each entry to its end.
import { addressKey, errorFields, isDoneWithin, troubleLevel } from '@pawl/core';
import type {
  ActorAddress,
  Delivery,
  ListQuestion,
  ListReply,
  PartitionConsumer,
  Stoppable,
} from '@pawl/core';
import type { ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import { judgeLook, type LookPosition } from './consumer-look.ts';
import {
  resettingCursor,
  startCursor,
  takeDelivery,
  unpinnedCursor,
  type DeliveryCursor,
} from './delivery-cursor.ts';
import { Recovery } from './recovery.ts';
import { pageOfHeaders } from './summary-index.ts';
import { Tenure } from './tenure.ts';

const RESET_AGAIN_MS = 2000;
/** To the next look when entries wait at another host: with a full window, no pull would tell. */
const LOOK_AGAIN_MS = 250;

/** The pin outlives the last pull by 3 s: after that, it may be another host's. */
const PIN_SURELY_MS = 2500;

/** How long the broker gets for the farewell, ms. */
const FAREWELL_MS = 2000;

/** A partition that this host pulls. It holds it while it has a tenure. */
export class Partition {
  readonly number: number;
  readonly #context: HostContext;
  readonly #recovery: Recovery;
  #consumer: PartitionConsumer | undefined;
  #cursor: DeliveryCursor = startCursor;
  #tenure: Tenure | undefined;
  /** Looks after a partition that nobody has: what is overdue or parked there. */
  #caretaker: Tenure | undefined;
  #resetTimer: Stoppable | undefined;
  #lookAgain: Stoppable | undefined;
  #isHeldElsewhere = false;
  /** Given away to another host: not pulled until this one shall have it again. */
  #isResting = false;
  #handingOver: Promise<void> | undefined;
  #lastDeliveryAt = 0;
  #deliveries = 0;
  #lastLook: (LookPosition & { readonly askedAt: number }) | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(context: HostContext, number: number) {
    this.#context = context;
    this.number = number;
    this.#recovery = new Recovery(context, number);
  }

  /** Starts pulling. The broker decides when this host gets the partition. */
  async open(): Promise<void> {
    const { ports, service } = this.#context;
    const consumer = await ports.journal.consume(service, this.number, {
      onDelivery: (delivery) => this.#take(delivery),
      onUnpinned: () => this.#lose(),
      onTrouble: (error) => this.#tell('cannot be pulled right now', error, troubleLevel(error)),
    });
    // Closed while it was opened: a pull that goes on would keep the pin and drop everything.
    if (this.#isClosed) return consumer.close();
    this.#consumer = consumer;
    // A delivery can come before the consumer is in hand.
    if (this.#cursor.at === 'resetting') this.#askForReset();
  }

  /** Does this host have the partition, as far as it knows? */
  get isHeld(): boolean {
    return this.#tenure !== undefined;
  }

  #take(delivery: Delivery): void {
    if (this.#isClosed) return;
    const { counters, clock } = this.#context;
    counters.entries += 1;
    const { cursor, verdict } = takeDelivery(this.#cursor, delivery);
    this.#cursor = cursor;
    // What is dropped is no sign of life: a look must find a partition that drops for ever.
    if (verdict !== 'drop') {
      this.#deliveries += 1;
      this.#lastDeliveryAt = clock.now();
    }
    switch (verdict) {
      case 'begin':
        this.#begin(delivery);
        this.#tenure?.take(delivery);
        return;
      case 'fold':
        this.#tenure?.take(delivery);
        return;
      case 'reset':
        this.#askForReset();
        return;
      case 'drop':
        return;
    }
  }

  #begin(first: Delivery): void {
    this.#forget();
    this.#isHeldElsewhere = false;
    // What waits behind the first delivery may have been seen before, by whoever had it then.
    const backlog = { size: first.waiting + 1, first: first.entry.sequence };
    this.#tenure = new Tenure(this.#context, this.number, { recovery: this.#recovery, backlog });
    this.#tenure.start();
  }

  #forget(): void {
    this.#resetTimer?.stop();
    this.#resetTimer = undefined;
    this.#tenure?.end();
    this.#tenure = undefined;
    this.#dismissCaretaker();
  }

  #lose(): void {
    this.#forget();
    this.#cursor = unpinnedCursor(this.#cursor);
  }

  #dismissCaretaker(): void {
    this.#caretaker?.end();
    this.#caretaker = undefined;
  }

  /** Forgets what it has. One RESET, and again only when nothing comes of it. */
  #askForReset(): void {
    const { clock, counters } = this.#context;
    this.#forget();
    if (this.#consumer === undefined || this.#isClosed || this.#isResting) return;
    this.#cursor = resettingCursor;
    counters.resets += 1;
    let isAnswered = false;
    this.#resetTimer = clock.after(RESET_AGAIN_MS, () => {
      if (this.#cursor.at !== 'resetting') return;
      // Answered, and nothing came: there was nothing, or another host has it. A look will tell.
      if (isAnswered) this.#cursor = startCursor;
      else this.#askForReset();
    });
    this.#consumer.reset().then(
      () => (isAnswered = true),
      (error: unknown) => this.#tell('could not be reset yet', error),
    );
  }

  /**
   * Looks at the consumer when nothing was delivered for a while: a holder may have died, or a
   * connection may have been cut with deliveries and acknowledgements on their way.
   */
  async watch(): Promise<void> {
    const { clock, limits } = this.#context;
    const isQuiet = clock.now() - this.#lastDeliveryAt >= limits.watchEveryMs;
    if (isQuiet) await this.#lookNow();
  }

  async #lookNow(): Promise<void> {
    if (this.#isClosed || this.#cursor.at === 'resetting') return;
    await (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #look(): Promise<void> {
    const deliveries = this.#deliveries;
    const askedAt = this.#context.clock.now();
    const status = await this.#consumer?.status();
    // What was delivered in the meantime is newer than the answer.
    if (status === undefined || this.#isClosed || this.#deliveries !== deliveries) return;
    if (this.#cursor.at === 'resetting') return;
    const isNeglected = !status.isPinned && status.ackPending + status.waiting > 0;
    if (this.#isResting && isNeglected) return this.resume();
    const unacked = this.#tenure?.unacked ?? 0;
    const look = { isHeld: this.isHeld, unacked, deliveries, status, askedAt };
    const verdict = judgeLook(look, this.#lastLook);
    this.#lastLook = look;
    this.#isHeldElsewhere = verdict === 'elsewhere';
    if (this.isHeld && (verdict === 'elsewhere' || verdict === 'idle')) this.#lose();
    if (this.#isHeldElsewhere && status.waiting > 0) this.#lookSoon();
    if (verdict === 'reset') this.#askForReset();
    else if (verdict === 'idle') this.#caretaker ??= this.#takeCare();
    else this.#dismissCaretaker();
  }

  #lookSoon(): void {
    this.#lookAgain ??= this.#context.clock.after(LOOK_AGAIN_MS, () => {
      this.#lookAgain = undefined;
      this.watch().catch(() => undefined); // The next regular look fails as well, and says so.
    });
  }

  /** Nobody has the partition, so nobody is told: whoever notices does what is overdue. */
  #takeCare(): Tenure {
    const caretaker = new Tenure(this.#context, this.number);
    caretaker.start();
    caretaker.sweep().catch((error: unknown) => this.#tell('could not be swept', error));
    return caretaker;
  }

  /** The actor in memory, if this host has the partition and the actor is loaded. */
  resident(actor: ActorAddress): ResidentActor | undefined {
    return this.#tenure?.resident(addressKey(actor));
  }

  /** One page of a list; undefined when another host has the partition and answers. */
  async list(type: string, question: ListQuestion): Promise<ListReply | undefined> {
    const { ports, identity, clock } = this.#context;
    // Another host may have taken it, also from a hung holder, and knows what is not saved yet.
    // Without an answer of the broker, what this host knows counts.
    const isSure = this.isHeld && clock.now() - (this.#lastLook?.askedAt ?? 0) < PIN_SURELY_MS;
    if (!isSure && !this.#isHeldElsewhere) await this.#lookNow().catch(() => undefined);
    if (this.#tenure !== undefined) return this.#tenure.list(type, question);
    if (this.#isHeldElsewhere) return undefined;
    const headers = await ports.snapshots.headers(this.number, type);
    return pageOfHeaders(headers, identity.created, question);
  }

  /** Looks for overdue commands and timers, and for parked actors that can go on. */
  async sweep(): Promise<void> {
    if (this.#tenure !== undefined) return this.#tenure.sweep();
    // A caretaker knows only what was saved when it came.
    this.#dismissCaretaker();
    await this.watch();
  }

  /** Gives the partition to another host, and lets it be until `resume` or until nobody has it. */
  async giveAway(): Promise<void> {
    if (this.#isClosed || this.#isResting || this.#consumer === undefined) return;
    this.#isResting = true;
    await (this.#handingOver = this.#handOver().finally(() => (this.#handingOver = undefined)));
  }

  /** Pulls again what was given away. */
  async resume(): Promise<void> {
    await this.#handingOver;
    if (!this.#isResting || this.#isClosed) return;
    this.#isResting = false;
    this.#cursor = startCursor;
    try {
      await this.open();
    } catch (error) {
      this.#isResting = true;
      throw error;
    }
  }

  /** Finishes what is under way, saves, acknowledges and gives the partition away. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lookAgain?.stop();
    await this.#handingOver;
    await this.#handOver();
  }

  /** What was on its way here when the pull ended would wait until the next host misses it. */
  async #letGo(): Promise<void> {
    await this.#consumer?.unpin();
    const status = await this.#consumer?.status();
    if (status?.isPinned === false && status.ackPending > 0) await this.#consumer?.reset();
  }

  async #handOver(): Promise<void> {
    const { ports, clock, limits, log, service } = this.#context;
    const wasHeld = this.isHeld;
    const closedAt = clock.now();
    await this.#consumer?.close();
    const left = (await this.#tenure?.finish(limits.stopMs)) ?? 0;
    this.#forget();
    this.#isHeldElsewhere = true; // Until a look says that nobody has taken it.
    if (left > 0)
      log('warn', `Partition ${this.number} of ${service} is left with entries under way`, {
        left,
        reason: 'their effects or snapshots could not be stored; the next host does it again',
      });
    const isPinned = wasHeld && clock.now() - closedAt < PIN_SURELY_MS;
    const farewell = ports.bus.flush().then(() => (isPinned ? this.#letGo() : undefined));
    try {
      if (await isDoneWithin(clock, FAREWELL_MS, farewell)) return;
      log('warn', `Partition ${this.number} of ${service} could not be given away in time`);
    } catch (error) {
      this.#tell('could not be given away', error);
    }
  }

  #tell(what: string, error: unknown, level: 'debug' | 'warn' = 'warn'): void {
    const { log, service } = this.#context;
    log(level, `Partition ${this.number} of ${service} ${what}`, errorFields(error));
  }
}
