// Brings steps of one actor to their end: answers, effects, dead letters; then they may be saved.
import {
  errorDataOf,
  errorFields,
  type ActorState,
  type Delivery,
  type Effect,
  type EffectOrigin,
  type Entry,
  type ErrorData,
  type ParkedMark,
  type Step,
} from '@pawl/core';
import { Outbox } from '../effects/outbox.ts';
import { traceOf } from '../effects/publish-effect.ts';
import { untilDone, type RetryOptions } from '../retry.ts';
import { answerStep, answerSubject, refuseEntry } from './answers.ts';
import type { OpenStep, Receipt, ResidentActor } from './resident-actor.ts';
import type { RunnerContext } from './runner-context.ts';

/** Effects of a step, and what they say about where they come from. */
export interface Outgoing {
  /** Absent for what loading folded. */
  readonly delivery: Delivery | undefined;
  /** May be saved once the effects are stored. */
  readonly safe: ActorState | undefined;
  /** First sequence to fold again if an effect is refused. */
  readonly from: number;
  readonly effects: readonly Effect[];
  /** The actor as messages name it. */
  readonly origin: EffectOrigin['state'];
  readonly traceparent?: string | undefined;
}

const receiptOf = ({ entry, ack }: Delivery): Receipt => ({ sequence: entry.sequence, ack });

/** Carries out the steps of one actor. */
export class StepCarrier {
  readonly #context: RunnerContext;
  readonly #actor: ResidentActor;
  readonly #outbox: Outbox;

  constructor(context: RunnerContext, actor: ResidentActor) {
    this.#context = context;
    this.#actor = actor;
    const { refusedMaxMs } = context.limits;
    this.#outbox = new Outbox({
      ports: context.ports,
      log: context.log,
      versionFor: context.versionFor,
      retry: (what, action) => this.retry(what, action, { refusedMaxMs }),
    });
  }

  /** Does it until it works, or the partition is lost. */
  retry<Result>(
    what: string,
    action: () => Promise<Result>,
    options: Pick<RetryOptions, 'refusedMaxMs'> = {},
  ): Promise<Result> {
    const { clock, log, isCurrent } = this.#context;
    return untilDone(action, { clock, log, what, isWanted: isCurrent, ...options });
  }

  /** Answers, and brings the effects out; the delivery is acknowledged once all is stored. */
  finish(delivery: Delivery, entry: Entry, step: Step, effects: readonly Effect[]): void {
    const { state, outcome } = step;
    const hasAsked = answerSubject(this.#context.ports, entry) !== undefined;
    // A host's own word about an actor whose create was refused: that create has told why.
    if (entry.kind === 'host' && state === undefined) {
      this.acknowledge(delivery);
      return;
    }
    if (outcome.kind === 'refused' && !hasAsked) {
      this.refuse(delivery, outcome.error, state);
      return;
    }
    if (hasAsked) this.#answer(entry, step);
    if (state === undefined) this.#answerUnborn(delivery, entry, effects);
    else
      this.publish({
        delivery,
        safe: state,
        from: entry.sequence,
        effects,
        origin: state,
        traceparent: traceOf(entry),
      });
  }

  /** An actor that is not there has no snapshot to wait for, but may have to give a permit back. */
  #answerUnborn(delivery: Delivery, entry: Entry, effects: readonly Effect[]): void {
    const origin = { state: entry, traceparent: traceOf(entry) };
    const stored = this.#outbox.publish(origin, effects);
    if (stored === undefined) this.acknowledge(delivery);
    else
      stored.then(
        () => this.acknowledge(delivery),
        (error: unknown) => {
          const { code, message } = errorDataOf(error, 'broker-refused');
          this.park({ code, message: `An effect was refused: ${message}`, from: entry.sequence });
          this.hold(delivery);
        },
      );
  }

  /** An answer is a courtesy: a client that gets none asks. */
  #answer(entry: Entry, step: Step): void {
    const { ports, catalog, log } = this.#context;
    const { type, id, sequence } = entry;
    const machine =
      step.state === undefined ? catalog.newest(type) : catalog.get(type, step.state.version);
    if (machine === undefined) return;
    try {
      answerStep(ports, machine, entry, step);
    } catch (error) {
      log(
        'warn',
        `The answer to entry ${sequence} of ${type}/${id} could not be sent`,
        errorFields(error),
      );
    }
  }

  /** Publishes effects. */
  publish({ delivery, safe, from, effects, origin, traceparent }: Outgoing): void {
    this.#context.counters.effects += effects.length;
    const step = this.#actor.begin(delivery && receiptOf(delivery), safe, from);
    this.#afterwards(step, this.#outbox.publish({ state: origin, traceparent }, effects));
  }

  #afterwards(step: OpenStep, stored: Promise<unknown> | undefined): void {
    const onStored = (): void => {
      this.#actor.settle(step);
      if (this.#context.isCurrent() && this.#actor.isDirty) this.#context.writer.add(this.#actor);
    };
    if (stored === undefined) onStored();
    else
      stored.then(onStored, (error: unknown) => {
        const { code, message } = errorDataOf(error, 'broker-refused');
        this.park({ code, message: `An effect was refused: ${message}`, from: step.from });
      });
  }

  /** Parks the actor: entries from `mark.from` on wait in the journal until somebody folds on. */
  park(mark: ParkedMark): void {
    const { isCurrent, log, writer, onParked } = this.#context;
    if (!isCurrent()) return;
    if (this.#actor.park(mark)) {
      const { type, id } = this.#actor.address;
      const { code, message, from } = mark;
      log('error', `${type}/${id} is parked: ${message}`, { code, from });
      onParked(this.#actor);
    }
    writer.add(this.#actor);
  }

  /** A delivery of a parked actor: acknowledged unfolded, once the mark is stored. */
  hold(delivery: Delivery): void {
    this.#actor.hold(receiptOf(delivery));
    if (this.#context.isCurrent()) this.#context.writer.add(this.#actor);
  }

  /** An entry that changes nothing: its sender hears why, or else the dead letters do. */
  refuse(delivery: Delivery, reason: ErrorData, state?: ActorState): void {
    const { ports, log, isCurrent } = this.#context;
    const { sequence } = delivery.entry;
    const what = `The refusal of journal entry ${sequence}`;
    const stored = this.retry(what, () => refuseEntry(ports, delivery.entry, reason)).catch(
      (error: unknown) => {
        // No reason to hold up the partition: the entry itself stays in the journal.
        if (isCurrent()) log('error', `${what} could not be told`, errorFields(error));
      },
    );
    if (state !== undefined)
      this.#afterwards(this.#actor.begin(receiptOf(delivery), state, sequence), stored);
    else void stored.then(() => this.acknowledge(delivery));
  }

  /** Acknowledges without a snapshot: nothing of the entry is part of a state. */
  acknowledge(delivery: Delivery): void {
    if (!this.#context.isCurrent()) return;
    delivery.ack();
    this.#context.onAcknowledged();
  }
}
