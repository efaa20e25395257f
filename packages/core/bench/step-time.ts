// CPU time of a step: node --import tsx --conditions=source packages/core/bench/step-time.ts
// [steps]
import { command, decodeState, encodeState, fold, registerMachine } from '@pawl/core';
import type { ActorState, Entry, RegisteredMachine } from '@pawl/core';
import { assign, setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';

const STEPS = Number(process.argv[2] ?? 60_000);

const work = command({
  name: 'work',
  service: 'bench',
  input: z.object({ size: z.number() }),
  output: z.object({ id: z.string() }),
});

/** Three commands one after the other, each with a timer, and round again. */
const machine = setup({
  types: { context: {} as { ids: string[] } },
  actors: { work },
}).createMachine({
  id: 'bench',
  version: '1',
  context: { ids: [] },
  initial: 'first',
  states: {
    erred: {},
    ...Object.fromEntries(
      [
        ['first', 'second'],
        ['second', 'third'],
        ['third', 'first'],
      ].map(([from, to]) => [
        from,
        {
          invoke: {
            id: `work-${from}`,
            src: 'work',
            input: { size: 1 },
            onDone: {
              target: to,
              actions: assign({
                ids: ({ context, event }: { context: { ids: string[] }; event: unknown }) => [
                  ...context.ids.slice(-2),
                  (event as { output: { id: string } }).output.id,
                ],
              }),
            },
            onError: 'erred',
          },
          after: { 600_000: 'erred' },
        },
      ]),
    ),
  } as never,
});

const entryOf = (sequence: number, kind: Entry['kind'], body: Entry['body']): Entry => ({
  type: 'bench',
  id: 'b-1',
  sequence,
  time: 1_700_000_000_000 + sequence,
  kind,
  ...(kind === 'reply' && { service: 'bench' }),
  headers: {},
  body,
});

const walk = (registered: RegisteredMachine, steps: number, isCold: boolean): number => {
  let state = fold(registered, undefined, entryOf(1, 'create', {})).state as ActorState;
  const before = process.cpuUsage();
  for (let sequence = 2; sequence < steps + 2; sequence += 1) {
    const [pending] = Object.values(state.pending.commands);
    const body = { ...pending, outcome: 'done', output: { id: `id-${sequence}` } };
    const step = fold(registered, state, entryOf(sequence, 'reply', body));
    if (step.outcome.kind !== 'applied') throw new Error(JSON.stringify(step.outcome));
    state = isCold
      ? decodeState(encodeState(step.state as ActorState))
      : (step.state as ActorState);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / steps;
};

const registered = registerMachine('bench', machine as unknown as AnyStateMachine);
walk(registered, STEPS / 4, false);
walk(registered, STEPS / 4, true);

const warm = walk(registered, STEPS, false);
const cold = walk(registered, STEPS / 2, true);
console.log(
  JSON.stringify({
    steps: STEPS,
    warmMicrosPerStep: Number(warm.toFixed(1)),
    coldMicrosPerStep: Number(cold.toFixed(1)),
  }),
);
