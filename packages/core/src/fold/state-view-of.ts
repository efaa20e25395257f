// What readers see of a state: the whole, the notice after a step, and the line of a list.
import type { ActorState, PendingPermit } from '../actor-state.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { limitContextOf } from '../limit/limit-view.ts';
import type { ActorSummary, StateNotice, StateView, WaitingFor } from '../state-view.ts';
import { acceptsOf } from './accepts.ts';

const permitOf = (permit: PendingPermit): WaitingFor => {
  const { path, generation, scopes, held, since, heldSince, behind } = permit;
  return {
    what: 'permit',
    name: path,
    generation,
    since: heldSince ?? since,
    status: held < scopes.length ? 'waiting' : 'held',
    scopes,
    held: scopes.slice(0, held),
    ...(behind !== undefined && { behind }),
  };
};

/** What the actor waits for: commands first, then permits (held ones, too), children, timers. */
export const waitingForOf = ({ pending }: ActorState): WaitingFor[] => [
  ...Object.values(pending.commands).map((command) => ({
    what: 'command' as const,
    name: command.path,
    generation: command.generation,
    since: command.since,
    until: command.deadlineAt,
    status: command.status,
    task: command.task,
    service: command.service,
    class: command.class,
    attempt: command.attempt,
    ...(command.lastError !== undefined && { lastError: command.lastError }),
  })),
  ...Object.values(pending.permits ?? {}).map(permitOf),
  ...Object.values(pending.children).map((child) => ({
    what: 'child' as const,
    name: child.path,
    generation: child.generation,
    since: child.since,
    child: { type: child.type, id: child.id },
  })),
  ...Object.values(pending.timers).map((timer) => ({
    what: 'timer' as const,
    name: timer.key,
    generation: timer.generation,
    since: timer.since,
    until: timer.dueAt,
  })),
];

/** The whole state as data. */
export const stateViewOf = (registered: RegisteredMachine, state: ActorState): StateView => {
  const { type, id, version, bornAt, sequence, time, since, status, tags, snapshot, fault } = state;
  return {
    type,
    id,
    version,
    bornAt,
    sequence,
    time,
    since,
    status,
    value: snapshot.value,
    tags,
    context: state.limit === undefined ? snapshot.context : limitContextOf(state.limit),
    ...(snapshot.output !== undefined && { output: snapshot.output }),
    ...(fault !== undefined && { fault }),
    waitingFor: waitingForOf(state),
    accepts: acceptsOf(registered, state),
  };
};

/** What is published after a step. */
export const stateNoticeOf = (state: ActorState): StateNotice => {
  const { sequence, time, tags, status, snapshot } = state;
  return { sequence, time, value: snapshot.value, tags, status };
};

/** The line of a list. */
export const summaryOf = (state: ActorState): ActorSummary => {
  const { type, id, sequence, tags, status, since, version, snapshot } = state;
  return { type, id, sequence, value: snapshot.value, tags, status, since, version };
};
