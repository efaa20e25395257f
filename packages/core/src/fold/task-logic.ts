// Commands, remote actors and permits as XState actor logic: starting one asks the step for it.
import type {
  ActorLogic,
  ActorScope,
  ActorSystem as XStateSystem,
  ActorSystemInfo,
  EventObject,
  Snapshot,
} from 'xstate';
import { asRunning, type MachineEvent, type RunningRef } from './actor-ref.ts';
import { systemOf, type StepHooks } from './actor-system.ts';
import { copyData } from '../json-data.ts';
import type { Permit } from '../permit.ts';
import { restoredEnd } from './restored-end.ts';
import type { FoldedContract } from './contract.ts';

/** Snapshot of a command or remote actor. The input stands in the pending table. */
export type TaskSnapshot = Snapshot<unknown> & { readonly input: unknown };

type Scope = ActorScope<TaskSnapshot, EventObject, XStateSystem<ActorSystemInfo>>;

/** Logic whose end comes from the journal. */
export interface TaskLogic extends ActorLogic<TaskSnapshot, EventObject, unknown> {
  /** The contract of a command; undefined for a remote actor. */
  readonly contractOf?: (input: unknown) => FoldedContract;
  /** Must the snapshot keep the input, because the contract stands in it? */
  readonly keepsInput: boolean;
}

/** How a command or a remote actor ended. An instance, so that no machine can forge one. */
export class Settlement implements MachineEvent {
  readonly type = 'pawl.settled';
  readonly outcome: 'done' | 'error';
  readonly value: unknown;
  [field: string]: unknown;

  constructor(outcome: 'done' | 'error', value: unknown) {
    this.outcome = outcome;
    this.value = value;
  }
}

const taskLogic = (
  start: (step: StepHooks, path: string, ref: RunningRef, input: unknown) => void,
  contractOf: TaskLogic['contractOf'],
  keepsInput: boolean,
): TaskLogic => ({
  ...(contractOf && { contractOf }),
  keepsInput,
  getInitialSnapshot: (_scope: Scope, input: unknown): TaskSnapshot => ({
    status: 'active',
    output: undefined,
    error: undefined,
    input,
  }),
  start: ({ input }: TaskSnapshot, scope: Scope): void => {
    const ref = asRunning(scope.self);
    const actors = systemOf(scope);
    const { step } = actors;
    if (step !== undefined) actors.ifRunning(ref, (path) => start(step, path, ref, input));
  },
  transition: (snapshot: TaskSnapshot, event: EventObject): TaskSnapshot => {
    if (event instanceof Settlement) {
      const { outcome, value } = event;
      return outcome === 'done'
        ? { status: 'done', output: value, error: undefined, input: undefined }
        : { status: 'error', output: undefined, error: value, input: undefined };
    }
    return event.type === 'xstate.stop'
      ? { ...snapshot, status: 'stopped', output: undefined, error: undefined, input: undefined }
      : snapshot;
  },
  getPersistedSnapshot: (snapshot: TaskSnapshot): TaskSnapshot => snapshot,
  restoreSnapshot: (kept: Snapshot<unknown>): TaskSnapshot => {
    const { status, output, error, input } = kept as TaskSnapshot;
    return { status, ...restoredEnd({ output, error }), input: copyData(input) } as TaskSnapshot;
  },
});

/** A command with a contract of its own, or one that is found in its input (jobs). */
export const commandLogic = (
  contractOf: (input: unknown) => FoldedContract,
  inputOf: (input: unknown) => unknown,
  keepsInput: boolean,
): TaskLogic =>
  taskLogic(
    (step, path, ref, input) => step.startCommand(path, ref, contractOf(input), inputOf(input)),
    contractOf,
    keepsInput,
  );

/** A durable child. Without a type, its input names it. */
export const remoteLogic = (type: string | undefined): TaskLogic =>
  taskLogic((step, path, ref, input) => step.startRemote(path, ref, type, input), undefined, false);

/** A permit. */
export const permitLogic = (permit: Permit): TaskLogic =>
  taskLogic(
    (step, path, ref, input) => step.startPermit(path, ref, permit, input),
    undefined,
    false,
  );

/** Is this logic one of ours? */
export const isTaskLogic = (logic: unknown): logic is TaskLogic =>
  typeof logic === 'object' && logic !== null && 'keepsInput' in logic;
