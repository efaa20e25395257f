// A simulation in words: counts, and the story of a broken world.
import { CRASH_POINTS, crashPointName, FAULT_KINDS } from './fault.ts';
import type { WorldChoice } from './scenario-world.ts';
import type { ShortWorld } from './shrink.ts';
import type { BrokenWorld } from './simulate.ts';

/** Names of all faults and crash points. */
export const ALL_COUNTED: readonly string[] = [...FAULT_KINDS, ...CRASH_POINTS.map(crashPointName)];

/** Faults, crash points, and `more` that is counted, that never came true; `unmet` need not. */
export const neverSeen = (
  counts: ReadonlyMap<string, number>,
  more: readonly string[] = [],
  unmet: readonly string[] = [],
): readonly string[] =>
  [...ALL_COUNTED, ...more].filter(
    (name) => (counts.get(name) ?? 0) === 0 && !unmet.includes(name),
  );

const table = (names: readonly string[], counts: ReadonlyMap<string, number>): string[] => {
  const width = Math.max(...names.map((name) => name.length));
  return names.map(
    (name) => `  ${name.padEnd(width)} ${String(counts.get(name) ?? 0).padStart(9)}`,
  );
};

/** How often each kind of fault and each crash point came true, and what else is counted. */
export const countsText = (
  counts: ReadonlyMap<string, number>,
  more: readonly string[] = [],
): string =>
  [
    'Faults:',
    ...table(FAULT_KINDS, counts),
    'Crash points (role, before or after, message):',
    ...table(CRASH_POINTS.map(crashPointName), counts),
    ...(more.length > 0 ? ['What happened:', ...table(more, counts)] : []),
  ].join('\n');

const TRACE_LINES = 60;

/** The command that runs a world again, shortened or whole. */
export const againText = (
  seed: string,
  { scenario, defect, faultKinds }: WorldChoice,
  short?: ShortWorld,
): string => {
  const list = (items: readonly (number | string)[]): string =>
    items.length === 0 ? 'none' : items.join(',');
  return [
    `npm run simulate -- --worlds 1 --seed ${seed}`,
    ...(scenario === undefined ? [] : [`--scenario ${scenario}`]),
    ...(defect === undefined ? [] : [`--defect ${defect}`]),
    ...(faultKinds === undefined ? [] : [`--faults ${list(faultKinds)}`]),
    ...(short === undefined
      ? []
      : [`--only-faults ${list(short.onlyFaults)} --only-actions ${list(short.onlyActions)}`]),
  ].join(' ');
};

/** What a broken world did, and the command that runs it again. */
export const brokenText = (broken: BrokenWorld, choice: WorldChoice = {}): string => {
  const { seed, violations, short, trace } = broken;
  const kept = trace.slice(-TRACE_LINES);
  return [
    `World ${seed} broke a promise:`,
    ...violations.slice(0, 5).map(({ invariant, text }) => `  ${invariant}: ${text}`),
    `With ${short.onlyFaults.length} faults and ${short.onlyActions.length} actions it went:`,
    ...(trace.length > kept.length ? [`  … ${trace.length - kept.length} lines before`] : []),
    ...kept.map((line) => `  ${line}`),
    'Run it again:',
    `  ${againText(seed, choice, short)}`,
  ].join('\n');
};
