// run(): one command as an actor of the built-in type `job`.
import { carriedContract, JOB_TYPE, PawlError, validate } from '@pawl/core';
import type {
  Command,
  ErrorData,
  InputOf,
  JobInput,
  JobOutput,
  OutputOf,
  QueueClass,
  Schema,
} from '@pawl/core';
import { createActorHandle } from './actor-handle.ts';
import { CommandFailedError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';

/** Options of `run`. */
export interface RunOptions {
  /** Id of the job: the same id runs once, and later calls get the same result. */
  readonly id?: string;
  /** How long to wait for the result, ms. Default: the contract's deadline. */
  readonly timeoutMs?: number;
  /** Who claims to run it. */
  readonly by?: string;
  /** Queue class of the command. Default: the contract's. */
  readonly class?: QueueClass;
}

/** Runs the command and returns its output. Throws `not-a-job`, CommandFailedError, … */
export const runJob = async <Input extends Schema, Output extends Schema>(
  shell: ClientShell,
  command: Command<Input, Output>,
  input: InputOf<Input>,
  options: RunOptions,
): Promise<OutputOf<Output>> => {
  const { contract } = command;
  if (!contract.job)
    throw new PawlError(
      'not-a-job',
      `${contract.name} may only run inside a statechart. Say job: true in its contract.`,
    );
  validate(contract.input, input, 'invalid-input', `The input of ${contract.name}`);
  const id = options.id ?? shell.createId();
  const job = createActorHandle(shell, { type: JOB_TYPE, id }, undefined);
  const jobInput: JobInput = { contract: carriedContract(contract), input };
  await job.create(jobInput, {
    ifExists: 'return',
    id,
    ...(options.by !== undefined && { by: options.by }),
    ...(options.class !== undefined && { class: options.class }),
  });
  const ended = await job.waitFor(({ status }) => status === 'done' || status === 'faulted', {
    timeoutMs: options.timeoutMs ?? contract.deadlineMs,
  });
  if (ended.status === 'faulted')
    throw new CommandFailedError(contract.name, job, ended.error ?? unknownError);
  const result = ended.output as JobOutput; // The job machine's own output, off the wire.
  if ('error' in result) throw new CommandFailedError(contract.name, job, result.error);
  return outputOf(contract, result.output);
};

const unknownError: ErrorData = { code: 'actor-faulted', message: 'The job is faulted.' };

/** JSON has no undefined: a task that returns nothing ends its job with null. */
const outputOf = <Output extends Schema>(
  contract: { readonly output: Output },
  output: OutputOf<Output>,
): OutputOf<Output> => {
  const checked = output === null && contract.output['~standard'].validate(output);
  const isNothing = checked !== false && 'issues' in checked && checked.issues !== undefined;
  return isNothing ? undefined : output;
};
