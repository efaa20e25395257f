// task(): binds a function or a class to the contract that a statechart invokes.
import type {
  ActorAddress,
  Command,
  CommandContract,
  Log,
  Schema,
  InputOf,
  OutputOf,
} from '@pawl/core';
import type { Pending } from './pending.ts';
import type { TaskError } from './task-error.ts';

/** What a task is told besides its input. */
export interface TaskContext {
  /** Aborted when the actor cancels the command, at the timeout, and when the worker must stop. */
  readonly signal: AbortSignal;
  /** Keeps a note for readers, and for the next call of this command. Resolves when stored. */
  progress(details: unknown): Promise<void>;
  /** The same for all attempts of one command: hand it to what must not happen twice. */
  readonly idempotencyKey: string;
  /** 1 for the first. Polls are no attempts. */
  readonly attempt: number;
  /** It may have been run before: look up before you create. */
  readonly isRedelivery: boolean;
  /** The last `progress` or `pending` details of this command, of an earlier call or attempt. */
  readonly lastDetails: unknown;
  /** Log lines that name the command. */
  readonly log: Log;
  /** Whose command it is. */
  readonly actor: ActorAddress;
  /** Nobody waits after this, ms since 1970. */
  readonly deadlineAt: number;
}

/** What a task may return. */
export type TaskResult<Output> = Output | Pending | TaskError;

/** A task as a function. A throw is a failed attempt. */
export type TaskFunction<Input, Output> = (
  input: Input,
  context: TaskContext,
) => TaskResult<Output> | Promise<TaskResult<Output>>;

/** A task as an object: an instance of a class with its dependencies inside. */
export interface TaskObject<Input, Output> {
  run(input: Input, context: TaskContext): TaskResult<Output> | Promise<TaskResult<Output>>;
}

/** A class without constructor arguments: it is constructed once. */
export type TaskClass<Input, Output> = new () => TaskObject<Input, Output>;

/** A task as the worker keeps it. */
export interface Task {
  readonly contract: CommandContract;
  /** `input` has been validated by the contract. */
  readonly run: (input: unknown, context: TaskContext) => unknown;
}

const isTaskClass = <Input, Output>(
  implementation: TaskFunction<Input, Output> | TaskClass<Input, Output>,
): implementation is TaskClass<Input, Output> => {
  const prototype: unknown = implementation.prototype; // Arrow functions have none.
  return typeof prototype === 'object' && prototype !== null && 'run' in prototype;
};

/**
 * Serves a command: `task(createVolume, async (input, context) => ({ backendId }))`. Takes a
 * function, an object with `run`, or a class without constructor arguments.
 */
export const task = <Input extends Schema, Output extends Schema>(
  command: Command<Input, Output>,
  implementation:
    | TaskFunction<OutputOf<Input>, InputOf<Output>>
    | TaskObject<OutputOf<Input>, InputOf<Output>>
    | TaskClass<OutputOf<Input>, InputOf<Output>>,
): Task => {
  const { contract } = command;
  if (typeof implementation === 'object')
    return { contract, run: (input, context) => implementation.run(input, context) };
  if (!isTaskClass(implementation)) return { contract, run: implementation };
  const instance = new implementation();
  return { contract, run: (input, context) => instance.run(input, context) };
};
