// A nats-server that is stopped for a time, and what schedules with each window make of it.
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock, type ScheduleContext } from '@pawl/core';
import * as assert from 'uvu/assert';
import { openBeats, runIdOf, type Beat, type Beats } from './beats.ts';
import { predict, type Predicted, type Window } from './predict.ts';

/** How long, and the window that is shorter than that, ms. */
export interface Outage {
  readonly stoppedMs: number;
  readonly shorterMs: number;
}

/** A schedule with its window. */
type WindowedBeat = Beat & { readonly catchUp: Window };

const SECOND = 1000;

const beatsOf = ({ stoppedMs, shorterMs }: Outage): readonly WindowedBeat[] =>
  Object.entries<Window>({
    longer: 2 * stoppedMs + 60_000,
    shorter: shorterMs,
    none: 0,
    latest: 'latest',
  }).map(([name, catchUp]) => ({ name, catchUp, overlap: 'allow' }));

/** Every second from the first run to the last, and how many of them were run. */
const spanOf = (runs: readonly number[]): number =>
  ((runs.at(-1) ?? 0) - (runs[0] ?? 0)) / SECOND + 1;

const stopAndGoOn = async (beats: Beats, names: readonly string[], ms: number): Promise<void> => {
  const hasRun =
    (count: number) =>
    ({ context }: { readonly context: unknown }): boolean =>
      (context as ScheduleContext).counts.started >= count;
  const waitForAll = (isThere: ReturnType<typeof hasRun>): Promise<unknown> =>
    Promise.all(
      names.map((name) =>
        beats.client.actor('schedule', name).waitFor(isThere, { timeoutMs: 60_000 }),
      ),
    );
  await waitForAll(hasRun(3));
  await beats.server.kill('SIGTERM');
  await wait(ms); // The outage itself.
  await beats.server.restart();
  const restartedAt = systemClock.now();
  await waitForAll(
    ({ context }) => (context as ScheduleContext).accountedTo > restartedAt + 2 * SECOND,
  );
  await beats.pauseAll();
};

/** Stops the server, starts it again, and checks what became of each tick. Returns it. */
export const checkOutage = async (
  outage: Outage,
): Promise<Readonly<Record<string, { runs: number; missed: number; gapMs: number }>>> => {
  const all = beatsOf(outage);
  const names = all.map(({ name }) => name);
  const beats = await openBeats(all, 0);
  const found = new Map<string, Predicted & { readonly longestGapMs: number }>();
  try {
    await stopAndGoOn(beats, names, outage.stoppedMs);
    for (const { name, overlap, catchUp } of all) {
      const predicted = predict(await beats.entriesOf(name), overlap, catchUp);
      found.set(name, predicted);
      const { counts } = await beats.contextOf(name);
      const { runs, missed, longestGapMs } = predicted;
      assert.equal(
        beats
          .runsOf(name)
          .map(({ id }) => id)
          .toSorted(), // Of many at once, any begins first.
        runs.map((tick) => runIdOf(name, tick)),
        `${name}: the worker ran what the journal calls for, each once`,
      );
      assert.equal([counts.started, counts.missed], [runs.length, missed.length], name);
      assert.is(runs.length + missed.length, spanOf(runs), `${name}: no tick is unaccounted for`);
      assert.ok(longestGapMs >= outage.stoppedMs, `${name}: a gap of ${longestGapMs} ms`);
    }
  } finally {
    await beats.close();
  }
  checkWindows(outage, (name) => found.get(name) ?? { runs: [], missed: [] });
  return Object.fromEntries(
    [...found].map(([name, { runs, missed, longestGapMs: gapMs }]) => [
      name,
      { runs: runs.length, missed: missed.length, gapMs },
    ]),
  );
};

/** What the windows mean, in numbers. */
const checkWindows = (
  { stoppedMs, shorterMs }: Outage,
  of: (name: string) => { readonly runs: readonly number[]; readonly missed: readonly number[] },
): void => {
  assert.equal(of('longer').missed, [], 'a longer window runs all of it');
  const outside = (stoppedMs - shorterMs) / SECOND - 1;
  const { missed } = of('shorter');
  assert.ok(missed.length >= outside, `a shorter one misses ${missed.length}, not ${outside}`);
  const oldest = Math.max(...missed);
  const within = of('shorter').runs.filter((tick) => tick > oldest).length;
  assert.ok(within >= shorterMs / SECOND, `and runs the last ${within}`);
  for (const name of ['none', 'latest']) {
    const seconds = of(name).missed.length;
    assert.ok(seconds >= stoppedMs / SECOND - 2, `${name} misses ${seconds}`);
  }
};
