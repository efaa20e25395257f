// Runs one actor of a held partition: loads it, folds its deliveries in order, waits for its birth.
import {
  addressKey,
  chooseVersion,
  errorDataOf,
  openEffects,
  readEntry,
  type ActorAddress,
  type Delivery,
  type Effect,
  type Entry,
  type JournalIdentity,
  type RegisteredMachine,
  type Step,
} from '@pawl/core';
import { decideVersion, isCheckedBirth, withVersion } from './birth.ts';
import { loadActor, type LoadedActor } from './load-actor.ts';
import { needsJournal, pausedBy } from './order-entries.ts';
import { missingVersion } from './parked-mark.ts';
import { ResidentActor } from './resident-actor.ts';
import type { RunnerContext } from './runner-context.ts';
import { StepCarrier } from './step-carrier.ts';

const REPEATED: ReadonlySet<Effect['kind']> = new Set(['peer', 'emit', 'late', 'cancel', 'disarm']);

/**
 * Effects that recovery repeats from entries that may not have been brought to their end. All
 * others stand in the pending table, and are repeated only while they are open.
 */
const isRepeated = ({ kind }: Effect): boolean => REPEATED.has(kind);

/** Effects that may leave: no integration events of entries that were folded elsewhere before. */
const publishable = (
  effects: readonly Effect[],
  sequence: number,
  { refoldedUpTo = 0 }: JournalIdentity,
): readonly Effect[] =>
  sequence > refoldedUpTo ? effects : effects.filter(({ kind }) => kind !== 'emit');

/** Runs one actor. */
export class ActorRunner {
  readonly actor: ResidentActor;
  readonly #context: RunnerContext;
  readonly #carrier: StepCarrier;
  /** Loading, or waiting for the birth to be decided: deliveries go to the mailbox. */
  #waiting: Promise<void> | undefined;

  constructor(context: RunnerContext, address: ActorAddress) {
    this.#context = context;
    this.actor = new ResidentActor(address);
    this.#carrier = new StepCarrier(context, this.actor);
  }

  /** Takes a delivery. `isOld`: an earlier host may have folded it, so the journal is read. */
  take(delivery: Delivery, isOld: boolean): void {
    const { actor } = this;
    if (actor.mailbox === undefined) {
      this.#fold(delivery);
      return;
    }
    actor.mailbox.push(delivery);
    if (this.#waiting !== undefined) return;
    if (!isOld && isCheckedBirth(delivery) && this.#context.isNew(actor.address)) {
      // Nothing came before: there is nothing to load.
      const nothing = { state: undefined, saved: undefined, revision: 0 };
      actor.adopt({ ...nothing, parked: undefined, savedMark: undefined, upTo: 0 });
      this.#openMailbox();
    } else this.#wait(this.#load());
  }

  /** Loads the actor if it is not in memory yet. Never rejects. */
  async load(): Promise<void> {
    if (this.actor.mailbox !== undefined && this.#waiting === undefined) this.#wait(this.#load());
    await this.#waiting;
  }

  /**
   * Publishes again what the actor waits for, because the streams that held it are empty. Resolves
   * once that is stored and a snapshot says so, or the actor is parked.
   */
  async renew(): Promise<void> {
    const { isCurrent, writer } = this.#context;
    const { actor } = this;
    const isFresh = actor.mailbox !== undefined;
    await this.load();
    const { state } = actor;
    if (!isCurrent() || (state === undefined && actor.parked === undefined)) return;
    actor.forgetSaved();
    if (state !== undefined) {
      const effects = isFresh ? [] : openEffects(state);
      const from = state.sequence + 1;
      this.#carrier.publish({ delivery: undefined, safe: state, from, effects, origin: state });
    }
    writer.add(actor);
    while (isCurrent() && actor.parked === undefined && !actor.isSavedAt(state?.sequence ?? 0))
      await actor.nextSave();
  }

  /** Waits until what it was given is folded. Never rejects. */
  async settled(): Promise<void> {
    while (this.#waiting !== undefined) await this.#waiting;
  }

  /** Is the actor in memory, and this entry not folded by its load? */
  foldsAtOnce(sequence: number): boolean {
    return this.actor.mailbox === undefined && sequence > this.actor.loadedUpTo;
  }

  #wait(waiting: Promise<void>): void {
    const done = waiting.then(() => {
      if (this.#waiting === done) this.#waiting = undefined;
      if (this.#context.isCurrent()) this.#openMailbox();
    });
    this.#waiting = done;
  }

  async #load(): Promise<void> {
    const { counters, isCurrent, partition, deliveredUpTo } = this.#context;
    const { type, id } = this.actor.address;
    counters.loads += 1;
    const first = this.actor.mailbox?.[0]?.entry.sequence ?? deliveredUpTo() + 1;
    try {
      const loaded = await this.#carrier.retry(`Loading ${type}/${id}`, () =>
        this.#loadProven(partition, first),
      );
      // What loading could not fold yet is folded once its birth is decided.
      const naming = loaded.upTo < first ? this.#context.beforeFold(first) : undefined;
      if (naming !== undefined) await naming;
      else {
        const unnaming = this.#context.afterFolds();
        if (unnaming !== undefined) await unnaming;
      }
      if (isCurrent()) this.#adopt(loaded, first);
    } catch (error) {
      if (!isCurrent()) return;
      const { message, code } = errorDataOf(error, 'step-failed');
      this.#carrier.park({ code, message, from: first });
    }
  }

  /** A snapshot that the journal disproves is replaced; with nothing to replace it, it goes. */
  async #loadProven(partition: number, first: number): Promise<LoadedActor> {
    const { address } = this.actor;
    let loaded = await loadActor(this.#context, partition, address, first);
    // Its delivery is done with, so nobody decides what the journal has lost: which version it was.
    if (loaded.undecided !== undefined && loaded.undecided < first) {
      const newest = this.#context.catalog.newest(address.type)?.version ?? '';
      await decideVersion(this.#context.ports.journal, address, loaded.undecided, newest);
      loaded = await loadActor(this.#context, partition, address, first);
    }
    if (loaded.disproved !== undefined) {
      const { log, ports } = this.#context;
      const what = `The snapshot of ${addressKey(address)} is of entries that the journal has lost`;
      log('error', `${what}; the actor is folded from its journal`, { head: loaded.upTo });
      if (loaded.state === undefined)
        await ports.snapshots.remove(partition, address, loaded.disproved);
    }
    return loaded;
  }

  /**
   * Publishes what is open at the head, then what must be repeated of each step that the snapshot
   * does not cover. A state becomes safe only in this order, so that no snapshot is newer than
   * effects that are stored.
   */
  #adopt(loaded: LoadedActor, firstDelivered: number): void {
    const { actor } = this;
    const { state, base, steps, upTo } = loaded;
    actor.adopt(loaded);
    const [firstStep = upTo + 1] = steps.keys();
    if (state !== undefined)
      this.#carrier.publish({
        delivery: undefined,
        safe: base,
        from: firstStep,
        effects: openEffects(state),
        origin: state,
      });
    for (const [sequence, step] of steps) {
      if (sequence >= firstDelivered) actor.ahead.set(sequence, step);
      if (step.state === undefined) continue;
      const repeated = step.effects.filter(isRepeated);
      const effects = publishable(repeated, sequence, this.#context.identity);
      const from = sequence;
      const origin = step.state;
      this.#carrier.publish({ delivery: undefined, safe: origin, from, effects, origin });
    }
    if (actor.isDirty) this.#context.writer.add(actor);
    if (state !== undefined) this.#context.onStep(state);
    if (actor.parked !== undefined) this.#context.onParked(actor);
  }

  #openMailbox(): void {
    const waiting = this.actor.mailbox ?? [];
    this.actor.mailbox = undefined;
    for (const [index, delivery] of waiting.entries()) {
      this.#fold(delivery);
      if (this.actor.mailbox === undefined) continue;
      this.actor.mailbox = [...this.actor.mailbox, ...waiting.slice(index + 1)];
      return;
    }
  }

  #fold(delivery: Delivery): void {
    const { actor } = this;
    let entry: Entry;
    try {
      entry = readEntry(delivery.entry);
    } catch (error) {
      this.#carrier.refuse(delivery, errorDataOf(error, 'invalid-entry'));
      return;
    }
    const { sequence } = entry;
    const known = actor.takeAhead(sequence);
    if (known !== undefined)
      // What an actor that is not there has to say, loading has not published.
      this.#carrier.finish(delivery, entry, known, known.state === undefined ? known.effects : []);
    else if (sequence > actor.loadedUpTo && needsJournal(entry, actor.parked))
      this.loadAgain(delivery);
    else if (actor.parked !== undefined && sequence >= actor.parked.from)
      this.#carrier.hold(delivery);
    // What the snapshot covers has been brought to its end.
    else if (sequence <= actor.loadedUpTo) this.#carrier.acknowledge(delivery);
    else this.#step(delivery, entry);
  }

  /**
   * The state in memory is not enough: for an operator's order, or because another host has parked
   * the actor meanwhile.
   */
  loadAgain(delivery?: Delivery): void {
    if (delivery === undefined && this.#waiting !== undefined) return;
    this.actor.unpark();
    this.actor.mailbox = delivery === undefined ? [] : [delivery];
    this.#wait(this.#load());
  }

  #step(delivery: Delivery, entry: Entry): void {
    const { counters, fold, onStep, outcomes } = this.#context;
    const before = this.actor.state;
    let step: Step;
    try {
      const machine = this.#machineFor(delivery, entry);
      if (machine === undefined) return;
      step = fold(machine, before, entry);
    } catch (error) {
      const { code, message } = errorDataOf(error, 'step-failed');
      this.#carrier.park({ code, message, from: entry.sequence });
      this.#carrier.hold(delivery);
      return;
    }
    counters.steps += 1;
    outcomes.set(entry.sequence, step.outcome);
    this.actor.state = step.state;
    const effects = publishable(step.effects, entry.sequence, this.#context.identity);
    this.#carrier.finish(delivery, entry, step, effects);
    const isSeen = step.outcome.kind === 'applied' || step.outcome.kind === 'faulted';
    if (step.state !== undefined && step.state !== before && isSeen) onStep(step.state);
    const paused = pausedBy(entry, step);
    if (paused !== undefined) this.#carrier.park(paused);
  }

  /** The machine that folds an entry. Without one the actor waits for its birth, or is parked. */
  #machineFor(delivery: Delivery, entry: Entry): RegisteredMachine | undefined {
    const { catalog } = this.#context;
    const choice = chooseVersion(this.actor.state, entry);
    if (choice.kind === 'unborn') return catalog.newest(entry.type);
    if (choice.kind === 'undecided') {
      this.actor.mailbox = [delivery];
      this.#wait(this.#decideBirth(entry));
      return undefined;
    }
    const machine = catalog.get(entry.type, choice.version);
    if (machine !== undefined) return machine;
    this.#carrier.park(missingVersion(entry, choice.version));
    this.#carrier.hold(delivery);
    return undefined;
  }

  async #decideBirth({ type, id, sequence }: Entry): Promise<void> {
    const { ports, catalog } = this.#context;
    const newest = catalog.newest(type)?.version ?? '';
    try {
      const version = await this.#carrier.retry(`The birth of ${type}/${id}`, () =>
        decideVersion(ports.journal, { type, id }, sequence, newest),
      );
      this.actor.mailbox = this.actor.mailbox?.map((delivery) =>
        delivery.entry.sequence === sequence ? withVersion(delivery, version) : delivery,
      );
    } catch (error) {
      const { code, message } = errorDataOf(error, 'broker-refused');
      this.#carrier.park({ code, message, from: sequence });
    }
  }
}
