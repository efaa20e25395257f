// Versions of nats-server: what is needed, what is fetched, and how a program says its own.
import { runProgram } from './program.ts';

/** The oldest server that will do: message schedules with time zones came with it. */
export const VERSION_MIN = '2.15.0';

/** The version that `go install` builds. */
export const VERSION_OF_MODULE = '2.15.2';

/** The newest version that the Python wheel carries. */
export const VERSION_OF_WHEEL = '2.15.1';

const numbersOf = (version: string): readonly number[] =>
  (/^\d+\.\d+\.\d+/.exec(version)?.[0] ?? '0.0.0').split('.').map(Number);

/** Less than, equal to or greater than zero, as `left` is older, the same or newer. */
export const compareVersions = (left: string, right: string): number => {
  const others = numbersOf(right);
  for (const [index, number] of numbersOf(left).entries()) {
    const difference = number - (others[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** The version that a program says it has, or why it is not a nats-server that runs here. */
export const readVersion = async (
  executable: string,
): Promise<{ version: string } | { fault: string }> => {
  const run = await runProgram(executable, ['--version'], { timeoutMs: 10_000 });
  const version = /nats-server: v(\S+)/.exec(run.output)?.[1];
  if (run.fault === undefined && version !== undefined) return { version };
  return { fault: run.fault ?? `it said ${JSON.stringify(run.output.slice(0, 200))}` };
};
