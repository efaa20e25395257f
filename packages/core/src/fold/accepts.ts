// Which events the current state has transitions for.
import type { ActorState } from '../actor-state.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import type { RunningSnapshot } from './actor-ref.ts';

/** State values of a machine whose answer is remembered: it goes out with every state. */
const VALUES_MAX = 1000;

const acceptedBy = new WeakMap<RegisteredMachine, BoundedMap<string, readonly string[]>>();

const isOwn = (type: string): boolean => !type.startsWith('xstate.') && !type.startsWith('pawl.');

const findAccepted = ({ runnable }: RegisteredMachine, state: ActorState): readonly string[] => {
  const { value, context } = state.snapshot;
  const resolved = runnable.resolveState({
    value: value as string,
    context,
  }) as unknown as RunningSnapshot;
  const types = (resolved._nodes ?? []).flatMap(({ ownEvents }) => ownEvents);
  return Object.freeze([...new Set(types)].filter(isOwn).sort());
};

/**
 * Event types that do something in the current state, guards aside, in alphabetical order. As in
 * XState's `can`, an event that is taken without doing anything (`E: {}`) is not among them.
 */
export const acceptsOf = (registered: RegisteredMachine, state: ActorState): readonly string[] => {
  if (state.status !== 'active') return [];
  const { value } = state.snapshot;
  let known = acceptedBy.get(registered);
  if (known === undefined) acceptedBy.set(registered, (known = new BoundedMap(VALUES_MAX)));
  // The nodes follow from the value alone. No JSON of an object begins with a quotation mark.
  const key = typeof value === 'string' ? `"${value}` : JSON.stringify(value);
  let accepted = known.get(key);
  if (accepted === undefined) known.set(key, (accepted = findAccepted(registered, state)));
  return accepted;
};
