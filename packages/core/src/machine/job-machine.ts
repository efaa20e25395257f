// The built-in machine `job`: one command as an actor, for `client.run`.
import { assign, setup, type AnyStateMachine } from 'xstate';
import type { ErrorData } from '../errors.ts';
import { jobCommand, type JobInput } from './job-contract.ts';

interface JobContext {
  readonly job: JobInput;
  readonly output?: unknown;
  readonly error?: ErrorData;
}

/** What a job ends with: `ok` with the command's output, or `erred` with its error. */
export type JobOutput = { readonly output: unknown } | { readonly error: ErrorData };

/** Type under which the job machine is registered. */
export const JOB_TYPE = 'job';

/** A job that was told to stop. */
const STOPPED: ErrorData = {
  code: 'cancelled',
  message: 'The job was told to stop before its command had ended.',
  retryable: false,
};

const createJob = (version: string, on: object): AnyStateMachine =>
  setup({
    types: {
      input: {} as JobInput,
      context: {} as JobContext,
      output: {} as JobOutput,
    },
    actors: { command: jobCommand },
  }).createMachine({
    id: 'job',
    version,
    context: ({ input }) => ({ job: input }),
    initial: 'running',
    states: {
      running: {
        ...on,
        invoke: {
          id: 'command',
          src: 'command',
          input: ({ context }) => context.job,
          onDone: { target: 'ok', actions: assign({ output: ({ event }) => event.output }) },
          onError: {
            target: 'erred',
            actions: assign({ error: ({ event }) => event.error as ErrorData }),
          },
        },
      },
      ok: { type: 'final' },
      erred: { type: 'final' },
    },
    output: ({ context: { output, error } }) =>
      error === undefined ? { output: output ?? null } : { error },
  });

/** Version 1, which cannot be stopped: for jobs that were born with it. */
export const firstJobMachine: AnyStateMachine = createJob('1', {});

/**
 * The machine of jobs: `running` → `ok` | `erred`, both final. The parent that made it may tell it
 * to stop: its command is cancelled, and it has erred.
 */
export const jobMachine: AnyStateMachine = createJob('2', {
  on: { 'pawl.stop': { target: 'erred', actions: assign({ error: () => STOPPED }) } },
});
