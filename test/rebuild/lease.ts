// A machine with a command that polls, a timer, and a second command: all that a rebuild restores.
import { setTimeout as wait } from 'node:timers/promises';
import { command, pending, schemasOf, task, type Task } from 'pawl';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';

const contract = {
  service: 'leasing',
  input: z.object({ id: z.string() }),
  output: z.object({ number: z.number() }),
  deadlineMs: 600_000,
};

/** Makes the leased thing: takes a while, so it is polled. */
export const make = command({ ...contract, name: 'make', poll: { everyMs: 2_000 } });
/** Renews the lease. */
export const renew = command({ ...contract, name: 'renew' });

const { types, schemas } = schemasOf({
  input: z.object({ id: z.string(), restMs: z.number() }),
  context: z.object({ id: z.string(), restMs: z.number(), sum: z.number() }),
  events: { RENEW: z.object({}) },
});

/** Made, at rest for a while, renewed. */
export const leaseMachine = setup({
  types,
  schemas,
  actors: { make, renew },
  delays: { rest: ({ context }) => context.restMs },
}).createMachine({
  id: 'lease',
  version: '1',
  initial: 'making',
  context: ({ input }) => ({ ...input, sum: 0 }),
  states: {
    making: {
      invoke: {
        id: 'make',
        src: 'make',
        input: ({ context }) => ({ id: context.id }),
        onDone: {
          target: 'resting',
          actions: [
            assign({ sum: ({ context, event }) => context.sum + event.output.number }),
            emit({ type: 'lease.made' }),
          ],
        },
        onError: 'erred',
      },
    },
    resting: { after: { rest: 'renewing' } },
    renewing: {
      invoke: {
        id: 'renew',
        src: 'renew',
        input: ({ context }) => ({ id: context.id }),
        onDone: {
          target: 'ok',
          actions: [
            assign({ sum: ({ context, event }) => context.sum + event.output.number }),
            emit({ type: 'lease.renewed' }),
          ],
        },
        onError: 'erred',
      },
    },
    ok: { tags: 'settled' },
    erred: { tags: 'settled' },
  },
});

/** What the world outside has done: one line for each idempotency key. */
export interface Ledger {
  /** `<task> <id>` by key. */
  readonly lines: ReadonlyMap<string, string>;
  /** How often tasks ran: a rebuild may repeat them, and must not repeat a line. */
  readonly runs: number;
}

const WORK_MS = 40;

/** A world outside, and the tasks that work in it. */
export interface Backend {
  readonly ledger: Ledger;
  readonly tasks: readonly Task[];
  /** Until then, every third lease is being made. */
  openGate(): void;
}

/** Opens one. */
export const openBackend = (): Backend => {
  let isOpen = false;
  const isHeld = (id: string): boolean => !isOpen && Number(id.split('-')[1]) % 3 === 0;
  const lines = new Map<string, string>();
  let runs = 0;
  const write = async (key: string, line: string): Promise<boolean> => {
    runs += 1;
    if (lines.has(key)) return false;
    lines.set(key, line);
    await wait(WORK_MS);
    return true;
  };
  return {
    ledger: {
      lines,
      get runs() {
        return runs;
      },
    },
    openGate: () => {
      isOpen = true;
    },
    tasks: [
      task(make, async ({ id }, { idempotencyKey }) =>
        (await write(idempotencyKey, `make ${id}`)) || isHeld(id) ? pending() : { number: 1 },
      ),
      task(renew, async ({ id }, { idempotencyKey }) => {
        await write(idempotencyKey, `renew ${id}`);
        return { number: 2 };
      }),
    ],
  };
};
