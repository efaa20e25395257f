// A tick each second, a job of three: for each overlap policy, the runs are what it says.
import type { Overlap } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBeats, runIdOf, type Beats, type Run } from './schedule/beats.ts';
import { predict, type Predicted } from './schedule/predict.ts';

const test = suite('schedule overlaps');

const POLICIES = ['skip', 'buffer-one', 'allow', 'cancel-running'] as const;
const WORK_MS = 3_000;

/** How many ran at once, at most. */
const peakOf = (runs: readonly Run[]): number => {
  const edges = runs.flatMap(({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { by } of edges.toSorted((one, other) => one.at - other.at || one.by - other.by))
    most = Math.max(most, (now += by));
  return most;
};

let beats: Beats;
const predicted = new Map<Overlap, Predicted>();

test.before(async () => {
  beats = await openBeats(
    POLICIES.map((overlap) => ({ name: overlap, overlap, catchUp: 'latest' })),
    WORK_MS,
  );
  // The fourth run under `skip` begins 12 s after the first.
  await beats.client
    .actor('schedule', 'skip')
    .waitFor(({ context }) => (context as { counts: { started: number } }).counts.started >= 4, {
      timeoutMs: 60_000,
    });
  await beats.pauseAll();
  for (const overlap of POLICIES)
    predicted.set(overlap, predict(await beats.entriesOf(overlap), overlap, 'latest'));
});

test.after(() => beats.close());

for (const overlap of POLICIES)
  test(`${overlap}: the worker ran what the journal calls for, each once and in order`, async () => {
    const { runs = [], skipped = [], missed = [] } = predicted.get(overlap) ?? {};
    assert.equal(
      beats.runsOf(overlap).map(({ id }) => id),
      runs.map((tick) => runIdOf(overlap, tick)),
    );
    const { counts } = await beats.contextOf(overlap);
    assert.equal(
      [counts.started, counts.skipped, counts.missed],
      [runs.length, skipped.length, missed.length],
    );
    assert.ok(runs.length >= 4, `${runs.length} runs`);
    const isWhole = ({ startedAt, endedAt = 0, isAborted }: Run): boolean =>
      isAborted || endedAt - startedAt >= WORK_MS - 5;
    assert.ok(beats.runsOf(overlap).every(isWhole));
  });

test('skip, buffer-one, cancel-running: never two at once; allow: as many as ticks', () => {
  for (const overlap of ['skip', 'buffer-one', 'cancel-running'] as const)
    assert.is(peakOf(beats.runsOf(overlap)), 1, overlap);
  assert.ok(peakOf(beats.runsOf('allow')) >= 3);
});

test('skip leaves ticks out, buffer-one begins as soon as the one before has ended', () => {
  const ticksPerRun = (overlap: Overlap): number => {
    const { runs = [], skipped = [], missed = [] } = predicted.get(overlap) ?? {};
    return (runs.length + skipped.length + missed.length) / runs.length;
  };
  assert.ok(ticksPerRun('skip') >= 2.5, String(ticksPerRun('skip')));
  assert.ok(ticksPerRun('buffer-one') >= 2.5, String(ticksPerRun('buffer-one')));
  const ends = beats.runsOf('buffer-one').map(({ endedAt }) => endedAt ?? 0);
  const waits = beats
    .runsOf('buffer-one')
    .slice(1)
    .map(({ startedAt }, index) => startedAt - (ends[index] ?? 0));
  const median = waits.toSorted((one, other) => one - other)[Math.floor(waits.length / 2)] ?? 0;
  assert.ok(median < 700, `it waits ${waits.join(', ')} ms, not for the next tick`);
});

test('allow runs every tick; cancel-running aborts each run that another follows', () => {
  for (const overlap of ['allow', 'cancel-running'] as const) {
    const { runs = [], skipped = [] } = predicted.get(overlap) ?? {};
    if (overlap === 'allow') assert.equal(skipped, []);
    assert.ok(runs.length >= 10, `${overlap}: ${runs.length} runs`);
  }
  const followed = beats.runsOf('cancel-running').slice(0, -1);
  assert.ok(followed.every(({ isAborted }) => isAborted));
});

test.run();
