// An errand: one command that returns at once, takes a while or hangs, as the errand says.
import { command, schemasOf, task, type Task } from 'pawl';
import { setup } from 'xstate';
import { z } from 'zod';

const HEAVY_MS = 400;

export const runErrand = command({
  name: 'run-errand',
  service: 'errands',
  input: z.object({ kind: z.enum(['quick', 'slow', 'hanging']) }),
  output: z.object({}),
  timeoutMs: 600_000,
});

const { types, schemas } = schemasOf({
  input: z.object({ kind: z.enum(['quick', 'slow', 'hanging']) }),
  context: z.object({ kind: z.enum(['quick', 'slow', 'hanging']) }),
  events: { FORGET: z.object({}) },
});

export const errand = setup({ types, schemas, actors: { runErrand } }).createMachine({
  id: 'errand',
  version: '1',
  context: ({ input }) => input,
  initial: 'running',
  states: {
    running: {
      invoke: {
        id: 'run',
        src: 'runErrand',
        input: ({ context: { kind } }) => ({ kind }),
        onDone: 'done',
        onError: 'failed',
      },
    },
    done: { type: 'final' },
    failed: { on: { FORGET: 'done' } },
  },
});

const until = (signal: AbortSignal, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Serves errands, and tells which quick one has begun. */
export const errandTask = (onQuick: (id: string) => void): Task =>
  task(runErrand, async ({ kind }, { actor, signal }) => {
    if (kind === 'quick') onQuick(actor.id);
    else await until(signal, kind === 'slow' ? HEAVY_MS : 600_000);
    return {};
  });
