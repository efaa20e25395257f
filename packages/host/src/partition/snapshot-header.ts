// Headers of snapshots: what lists and the sweep read without the body.
import { nextDueAt, type ActorAddress, type ActorState, type ParkedMark } from '@pawl/core';
import type { SnapshotHeader } from '@pawl/core';

/** Header of a state, of the journal with this identity. */
export const headerOf = (
  state: ActorState,
  journal: string,
  parked?: ParkedMark,
): SnapshotHeader => {
  const dueAt = nextDueAt(state);
  return {
    type: state.type,
    id: state.id,
    sequence: state.sequence,
    entryTime: state.entryTime,
    journal,
    version: state.version,
    digest: state.digest,
    status: state.status,
    value: JSON.stringify(state.snapshot.value),
    tags: state.tags,
    since: state.since,
    ...(dueAt !== undefined && { dueAt }),
    ...(parked !== undefined && { parked }),
  };
};

/** Header of an actor that was parked before its first step: its body is empty. */
export const unbornHeader = (
  actor: ActorAddress,
  journal: string,
  parked: ParkedMark,
): SnapshotHeader => ({
  type: actor.type,
  id: actor.id,
  version: '',
  digest: '',
  status: 'unborn',
  value: 'null',
  tags: [],
  sequence: 0,
  entryTime: 0,
  journal,
  since: 0,
  parked,
});
