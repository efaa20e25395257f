// Folds events: from clients (`event`) and what a peer sends to the machine itself.
import type { ActorState } from '../actor-state.ts';
import type { EventBody } from '../entry.ts';
import { PawlError } from '../errors.ts';
import { addressKey } from '../names.ts';
import { validate } from '../schema.ts';
import type { Step } from '../step.ts';
import type { MachineEvent } from './actor-ref.ts';
import { execute, type StateChanges } from './execute.ts';
import { acceptsOf } from './accepts.ts';
import type { RunningActor } from './running-actor.ts';
import type { StepCore } from './step-core.ts';
import { classOf, hopsOf, refused, refusedBy, type LivingTurn } from './turn.ts';

/**
 * Checks an event against the machine and its schemas. Throws `unknown-event` or `invalid-event`.
 */
export const checkEvent = (turn: LivingTurn, event: EventBody): MachineEvent => {
  const { registered, entry } = turn;
  if (!registered.eventTypes.has(event.type))
    throw new PawlError(
      'unknown-event',
      `${registered.type} ${registered.version} has no event ${JSON.stringify(event.type)}. ` +
        `It has: ${[...registered.eventTypes].join(', ')}.`,
      { details: { events: [...registered.eventTypes] } },
    );
  const schema = registered.schemas?.events[event.type];
  if (schema === undefined) return event;
  const { type, ...fields } = event;
  const what = `Event ${type} for ${addressKey(entry)}`;
  return { ...(validate(schema, fields, 'invalid-event', what) as object), type };
};

/** Ended and faulted actors take no events. */
export const refusalOf = (turn: LivingTurn, what: string): Step | undefined => {
  const { state, entry } = turn;
  const actor = addressKey(entry);
  if (state.status === 'done')
    return refused(turn, 'actor-ended', `${actor} has ended, so it takes no ${what}.`);
  if (state.status === 'faulted')
    return refused(
      turn,
      'actor-faulted',
      `${actor} faulted at sequence ${state.fault?.sequence} (${state.fault?.error.message}), so it ` +
        `takes no ${what} until an operator mends it.`,
      { fault: state.fault },
    );
  return undefined;
};

const stateName = ({ snapshot }: ActorState): string =>
  typeof snapshot.value === 'string' ? snapshot.value : JSON.stringify(snapshot.value);

/**
 * The event goes to the root machine; refused when the current state has no transition for it, or
 * the actor would grow beyond its limit.
 */
export const foldEvent = (turn: LivingTurn, event: MachineEvent, changes: StateChanges): Step => {
  const { rules, state, entry, registered } = turn;
  const act = (core: StepCore, { root }: RunningActor): Step | undefined => {
    const before = root.getSnapshot();
    rules.deliver(root, event);
    const hasChanged = root.getSnapshot() !== before || core.hasActed || core.failure !== undefined;
    if (hasChanged || before.takes?.(event) === true) return undefined;
    const accepts = acceptsOf(registered, state);
    return refused(
      turn,
      'event-refused',
      `${addressKey(entry)} is in ${stateName(state)}, which does not take ${event.type}. ` +
        `It takes: ${accepts.join(', ') || 'nothing'}.`,
      { state: state.snapshot.value, accepts },
    );
  };
  return execute(turn, hopsOf(entry), changes, act, (error) => refusedBy(turn, error));
};

/** Folds an entry of kind `event`. */
export const foldEventEntry = (turn: LivingTurn): Step => {
  const refusal = refusalOf(turn, 'events');
  if (refusal !== undefined) return refusal;
  let event: MachineEvent;
  try {
    event = checkEvent(turn, turn.entry.body as EventBody);
  } catch (error) {
    return refusedBy(turn, error);
  }
  return foldEvent(turn, event, { class: classOf(turn.entry) });
};
