// The racer of the simulated shop: timers that race, are armed anew, and are called off.
import { assign, cancel, raise, setup, type AnyStateMachine } from 'xstate';

/** Context of a racer. */
export interface RacerContext {
  readonly laps: number;
  readonly fired: readonly string[];
  readonly flaws: readonly string[];
}

type RacerEvent = { readonly type: 'RACE' | 'ARM' | 'TICK' | 'WHISTLE' | 'HUSH' | 'ECHO' };

/** The racer. Its timers are due in the order early, middle, late, whatever is armed first. */
export const racer: AnyStateMachine = setup({
  types: { context: {} as RacerContext, events: {} as RacerEvent },
  actions: {
    early: assign({ fired: ({ context }) => [...context.fired, 'early'] }),
    middle: assign({ fired: ({ context }) => [...context.fired, 'middle'] }),
    late: assign({ fired: ({ context }) => [...context.fired, 'late'] }),
    judge: assign(({ context }) => {
      const order = context.fired.join(' ');
      return {
        laps: context.laps + 1,
        fired: [],
        flaws: order === 'early middle late' ? context.flaws : [...context.flaws, order],
      };
    }),
  },
}).createMachine({
  id: 'racer',
  version: '1',
  context: { laps: 0, fired: [], flaws: [] },
  initial: 'resting',
  on: {
    WHISTLE: { actions: [cancel('echo'), raise({ type: 'ECHO' }, { id: 'echo', delay: 2_000 })] },
    HUSH: { actions: cancel('echo') },
    ECHO: {},
  },
  states: {
    resting: { on: { RACE: 'racing', ARM: 'armed' } },
    armed: {
      after: {
        3_000: { target: 'resting', actions: assign({ laps: ({ context }) => context.laps + 1 }) },
      },
      on: { TICK: { target: 'armed', reenter: true }, RACE: 'racing' },
    },
    racing: {
      type: 'parallel',
      onDone: { target: 'resting', actions: 'judge' },
      states: {
        one: {
          initial: 'running',
          states: {
            running: { after: { 4_000: { target: 'over', actions: 'late' } } },
            over: { type: 'final' },
          },
        },
        two: {
          initial: 'running',
          states: {
            running: { after: { 1_500: { target: 'over', actions: 'early' } } },
            over: { type: 'final' },
          },
        },
        three: {
          initial: 'running',
          states: {
            running: { after: { 2_500: { target: 'over', actions: 'middle' } } },
            over: { type: 'final' },
          },
        },
      },
    },
  },
});
