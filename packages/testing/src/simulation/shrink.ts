// Shortens a failing world: fewer faults and fewer actions that still break the same promise.
import { createRandom } from './random.ts';
import { drawFaults } from './fault.ts';
import { runWorld, type RunOptions } from './run-world.ts';

/** What is left of a world. */
export interface ShortWorld {
  readonly onlyFaults: readonly number[];
  readonly onlyActions: readonly number[];
}

/** Worlds that may be run for it. */
const RUNS_MAX = 120;

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Options of the world with only these faults and actions. */
export const shortened = (options: RunOptions, short: ShortWorld): RunOptions => ({
  ...options,
  ...short,
});

/**
 * Takes away halves, then quarters, and so on, as long as `isBroken` says yes. `invariant` is the
 * promise that must stay broken. Defects are planted afresh for each run.
 */
export const shrink = async (create: () => RunOptions, invariant: string): Promise<ShortWorld> => {
  const options = create();
  const scenario = options.planted?.scenario ?? options.scenario;
  const random = createRandom(options.seed);
  const actions = scenario.actions(random.fork('actions'));
  const faults = drawFaults(random.fork('faults'), actions.at(-1)?.at ?? 0, options.faultKinds);
  let short: ShortWorld = {
    onlyFaults: options.onlyFaults ?? range(faults.length),
    onlyActions: options.onlyActions ?? range(actions.length),
  };
  let runs = 0;
  const isBroken = async (tried: ShortWorld): Promise<boolean> => {
    runs += 1;
    const { violations } = await runWorld(shortened(create(), tried));
    return violations.some((violation) => violation.invariant === invariant);
  };
  const reduce = async (part: 'onlyFaults' | 'onlyActions'): Promise<void> => {
    for (let size = Math.ceil(short[part].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < short[part].length && runs < RUNS_MAX;) {
        const left = short[part].filter((_, index) => index < from || index >= from + size);
        if (await isBroken({ ...short, [part]: left })) short = { ...short, [part]: left };
        else from += size;
      }
    }
  };
  await reduce('onlyFaults');
  await reduce('onlyActions');
  return short;
};
