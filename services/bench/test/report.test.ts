// The arithmetic of the bench: medians, percentiles, the verdict, and the closed loop.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runLoop } from '../src/closed-loop.ts';
import { readOptions } from '../src/options.ts';
import { faultsOf, reportOf, textOf } from '../src/report.ts';
import type { RoundResult } from '../src/round.ts';
import { median, percentile } from '../src/statistics.ts';

const test = suite('bench report');

const round = (lifecyclesPerSecond: number, hostMs: number): RoundResult => ({
  lifecyclesPerSecond,
  cpuMs: { client: 0.1, host: hostMs, worker: 0.1, server: 0.2 },
  idleMs: [1, 2, 3, 4],
  messages: { client: 6, host: 20, worker: 14 },
  bytes: 10_000,
  sync: 'every 120 s',
  serverVersion: '2.15.2',
});

const options = readOptions(['--rounds', '3', '--json']);
const reportFor = (ours: number, hostMs: number): ReturnType<typeof reportOf> => {
  assert.ok(options);
  const floors = [round(3900, 0.1), round(4000, 0.1), round(9000, 0.1)];
  return reportOf(options, [round(ours, hostMs), round(ours, hostMs), round(1, 9)], floors);
};

test('a median is the middle value, or the mean of the two in the middle', () => {
  assert.is(median([9, 1, 5]), 5);
  assert.is(median([9, 1, 5, 7]), 6);
});

test('a percentile is a measured value that enough others do not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => index + 1);
  assert.is(percentile(values, 0.5), 100);
  assert.is(percentile(values, 0.99), 198);
  assert.is(percentile([4], 0.99), 4);
});

test('the floor ratio is our rate against the floor, each a median, and one slow round is forgiven', () => {
  const report = reportFor(2800, 0.4);
  assert.is(report.floorRatio, 0.7);
  assert.is(report.cpuMsPerLifecycle.total, 0.8);
  assert.is(report.floorCpuRatio, 0.625);
  assert.equal(faultsOf(report), []);
  assert.match(textOf(report), /floor ratio 0\.7 /);
});

test('too much CPU and too small a ratio are named, each by itself', () => {
  assert.match(faultsOf(reportFor(2800, 0.91)).join(), /^CPU per lifecycle is 1\.31 ms/);
  assert.match(faultsOf(reportFor(1990, 0.4)).join(), /^the floor ratio is 0\.497/);
  assert.is(faultsOf(reportFor(1, 5)).length, 2);
});

test('where /proc is missing the CPU is unknown and not judged', () => {
  assert.ok(options);
  const { server: _server, ...rest } = round(2800, 9).cpuMs;
  const blind: RoundResult = { ...round(2800, 9), cpuMs: { ...rest, server: undefined } };
  const report = reportOf(options, [blind], [round(4000, 0.1)]);
  assert.is(report.cpuMsPerLifecycle.total, null);
  assert.equal(faultsOf(report), []);
});

test('options are whole numbers above 0', () => {
  assert.throws(() => readOptions(['--rounds', '0']), /--rounds 0: it must be a whole number/);
  assert.throws(() => readOptions(['--lifecycles', 'many']), /--lifecycles many/);
  assert.is(readOptions(['--help']), undefined);
});

test('a loop keeps so many in flight, and not one more', async () => {
  let running = 0;
  let most = 0;
  const numbers: number[] = [];
  const reports: number[] = [];
  const result = await runLoop(
    { first: 10, lifecycles: 600, inFlight: 7 },
    (number, done) => {
      numbers.push(number);
      running += 1;
      most = Math.max(most, running);
      setImmediate(() => {
        running -= 1;
        done();
      });
    },
    (done) => reports.push(done),
  );
  assert.is(most, 7);
  assert.is(running, 0);
  assert.is(result.latenciesMs.length, 600);
  assert.equal(
    numbers,
    Array.from({ length: 600 }, (_, index) => index + 10),
  );
  assert.equal(reports, [250, 500]);
});

test('a loop ends with the first failure', async () => {
  const loop = runLoop(
    { first: 0, lifecycles: 5, inFlight: 1 },
    (number, done) => done(number === 2 ? new Error('lifecycle 2') : undefined),
    () => undefined,
  );
  const error = await loop.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.match(String(error), /lifecycle 2/);
});

test.run();
