// Other durable actors, seen from a statechart: create one (remote), or send it an event.
import { fromPromise, type ActorRef, type AnyActorLogic, type EventObject } from 'xstate';
import type { InputFrom, OutputFrom, PromiseActorLogic, Snapshot } from 'xstate';
import type { QueueClass } from './command.ts';
import { PawlError } from './errors.ts';
import { addressKey, checkAddress, type ActorAddress } from './names.ts';

/** Input of an invoked or spawned `remote`: which id, and the create input of the child. */
export interface RemoteInput<Input> {
  readonly id: string;
  readonly input: Input;
}

/** A durable child as XState actor logic. Its end is the done event of the invoke. */
export interface Remote<Logic extends AnyActorLogic = AnyActorLogic> extends PromiseActorLogic<
  OutputFrom<Logic>,
  RemoteInput<InputFrom<Logic>>
> {
  readonly remoteType: string;
}

/**
 * Declares a durable actor that a statechart may invoke or spawn: `remote<typeof
 * volume>('volume')`.
 * Entering creates it, its final state is the done event, a fault is an error event, and leaving
 * sends it `pawl.stop`, which its machine may handle.
 */
export const remote = <Logic extends AnyActorLogic>(type: string): Remote<Logic> => {
  checkAddress({ type, id: 'x' });
  const logic = fromPromise<OutputFrom<Logic>, RemoteInput<InputFrom<Logic>>>(() =>
    Promise.reject(new Error(`${type} is a remote actor: a host creates it.`)),
  );
  return { ...logic, remoteType: type };
};

/** Input of `anyRemote`. */
export interface AnyRemoteInput extends RemoteInput<unknown> {
  readonly type: string;
  /** Queue class of what the child does. Default: that of the operation under way. */
  readonly class?: QueueClass;
  /** An actor of this id that has ended begins its next life. Default: its id is taken. */
  readonly renew?: boolean;
}

/** A durable child whose type stands in its input. */
export interface AnyRemote extends PromiseActorLogic<unknown, AnyRemoteInput> {
  readonly isAnyRemote: true;
}

/** For built-in machines, which create what their input says. */
export const anyRemote: AnyRemote = {
  ...fromPromise<unknown, AnyRemoteInput>(() =>
    Promise.reject(new Error('This is a remote actor: a host creates it.')),
  ),
  isAnyRemote: true,
};

/** Is this the child of any type? */
export const isAnyRemote = (logic: unknown): logic is AnyRemote =>
  typeof logic === 'object' && logic !== null && 'isAnyRemote' in logic;

/** Is this actor logic a remote actor? */
export const isRemote = (logic: unknown): logic is Remote =>
  typeof logic === 'object' && logic !== null && 'remoteType' in logic;

/** A target for `sendTo` that is an actor elsewhere. */
export type RemoteRef<Event extends EventObject = EventObject> = ActorRef<
  Snapshot<unknown>,
  Event
> & { readonly pawlAddress: ActorAddress };

/**
 * The address of another actor as a target: `sendTo(actorAddress('volume', 'vol-1'), { type: 'X'
 * })`.
 * Throws `invalid-type` or `invalid-id`.
 */
export const actorAddress = <Event extends EventObject = EventObject>(
  type: string,
  id: string,
): RemoteRef<Event> => {
  const pawlAddress: ActorAddress = { type, id };
  checkAddress(pawlAddress);
  const refuse = (): never => {
    throw new PawlError(
      'side-effect',
      `${addressKey(pawlAddress)} is an address: use it as the target of sendTo().`,
    );
  };
  const ref = {
    id: addressKey(pawlAddress),
    pawlAddress,
    send: refuse,
    getSnapshot: refuse,
    subscribe: refuse,
    toJSON: () => ({ pawlAddress }),
  };
  return ref as unknown as RemoteRef<Event>; // Only its address is ever read.
};

/** The address behind a `sendTo` target, if it is one. */
export const addressOf = (target: unknown): ActorAddress | undefined =>
  typeof target === 'object' && target !== null && 'pawlAddress' in target
    ? (target as RemoteRef).pawlAddress
    : undefined;
