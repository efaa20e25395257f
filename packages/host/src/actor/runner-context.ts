// What the actors of a partition share while a host has it.
import type { ActorAddress, ActorState } from '@pawl/core';
import type { HostContext } from '../host-context.ts';
import type { SnapshotWriter } from '../partition/snapshot-writer.ts';
import type { ResidentActor } from './resident-actor.ts';

/** What a runner shares with the other actors of its partition. */
export interface RunnerContext extends HostContext {
  readonly partition: number;
  readonly writer: SnapshotWriter;
  /** False once the partition is lost: nothing more may be acknowledged or saved. */
  readonly isCurrent: () => boolean;
  /** Sequence of the last entry that was delivered: later ones are still to come. */
  readonly deliveredUpTo: () => number;
  /** Is it sure that nothing is saved of this actor? */
  readonly isNew: (address: ActorAddress) => boolean;
  /** Called before loading folds an entry; what it returns is waited for. */
  readonly beforeFold: (sequence: number) => Promise<void> | undefined;
  /** Called when loading has folded and nothing of it has left; its result is waited for. */
  readonly afterFolds: () => Promise<void> | undefined;
  /** The actor has a new state. */
  readonly onStep: (state: ActorState) => void;
  /** The actor was parked. */
  readonly onParked: (actor: ResidentActor) => void;
  /** A delivery was acknowledged without a snapshot. */
  readonly onAcknowledged: () => void;
}
