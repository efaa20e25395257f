// The state of an actor at the head of its journal, from memory when memory is new enough.
import type { ActorAddress, ActorState, ParkedMark } from '@pawl/core';
import { loadActor } from '../actor/load-actor.ts';
import type { ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import { checkRecovered } from './recovered.ts';

/** An actor's state for a reader. */
export interface CurrentActor {
  readonly state: ActorState | undefined;
  readonly parked: ParkedMark | undefined;
}

/**
 * Any host of the service can answer: what it holds in memory is right for its sequence, and
 * anything newer it folds from the journal. `atLeast` saves asking the leader for the head.
 */
export const currentActor = async (
  context: HostContext,
  partition: number,
  resident: ResidentActor | undefined,
  actor: ActorAddress,
  atLeast?: number,
): Promise<CurrentActor> => {
  if (resident?.state !== undefined && resident.parked === undefined) {
    const needed = atLeast ?? (await context.ports.journal.head(actor));
    if (resident.state.sequence >= needed) return { state: resident.state, parked: undefined };
  }
  let checked: Promise<void> | undefined;
  const beforeFold = (): Promise<void> => (checked ??= checkRecovered(context, partition));
  const { state, parked } = await loadActor({ ...context, beforeFold }, partition, actor);
  return { state, parked };
};
