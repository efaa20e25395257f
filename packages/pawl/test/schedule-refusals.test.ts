// What cannot be meant about schedules is refused, by hosts and at the command line, with what can.
import { PawlError, schedule, type Schedule } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from '../src/cli/program.ts';
import { connect, startHost, systemClock, type Connection, type Host } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';
import { volume } from './volume.machine.ts';

const test = suite('schedule refusals');

let server: NatsServer;
let connection: Connection;
let host: Host;

const gone = { type: 'volume', event: { type: 'DELETE' } };
const nightly = schedule({ name: 'nightly', cron: '0 3 * * 1', target: gone });
const beat = schedule({ name: 'beat', every: '5s', target: gone });

const start = (service: string, schedules: readonly Schedule[]): Promise<Host> =>
  startHost({
    connection,
    service,
    machines: service === 'shop' ? { volume } : {},
    topology: { partitions: 1 },
    schedules,
  });

const pawl = async (...words: string[]) => {
  const terminal = { ...createFakeTerminal(), now: () => systemClock.now() };
  const code = await runProgram(words, terminal, { server: server.url, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  host = await start('shop', [nightly, beat]);
});

test.after(async () => {
  await host.stop();
  await connection.close();
  await server.stop();
});

test('a host refuses schedules that cannot work, and declares none of them', async () => {
  const target = (type: string, event: string) => ({ type, event: { type: event } });
  const fine = schedule({ name: 'fine', every: '1h', target: gone });
  const refused: readonly (readonly [Schedule[], string, RegExp])[] = [
    [
      [schedule({ name: 'x', every: '1h', target: target('nobody', 'A') })],
      'unknown-type',
      /nobody, which no host has registered\. Registered are: .*volume/,
    ],
    [
      [schedule({ name: 'x', every: '1h', target: target('volume', 'NOPE') })],
      'unknown-event',
      /NOPE, which volume .* does not have\. It has: .*DELETE/,
    ],
    [
      [schedule({ name: 'nightly', cron: '0 4 * * 1', target: gone })],
      'schedule-claimed',
      /shop declares the schedule nightly differently from other.*another name/,
    ],
    [[fine, fine], 'schedule-invalid', /fine is declared twice/],
  ];
  for (const [schedules, code, words] of refused) {
    try {
      await (await start('other', [fine, ...schedules])).stop();
      assert.unreachable(`not ${code}`);
    } catch (error) {
      assert.instance(error, PawlError);
      const { code: found, message } = error as PawlError;
      assert.is(found, code, message);
      assert.match(message, words);
    }
  }
  const listed = JSON.parse((await pawl('--json', 'schedules', 'ls')).out) as { name: string }[];
  assert.equal(
    listed.map(({ name }) => name),
    ['beat', 'nightly'],
  );
});

test('the same declaration by another service is no conflict', async () => {
  const other = await start('other', [nightly]);
  assert.equal(other.schedules.unchanged, ['nightly']);
  await other.stop();
});

test('the command line names the schedules that there are, for every verb', async () => {
  for (const verb of ['show', 'next', 'run', 'pause', 'resume', 'rm', 'backfill']) {
    const range = verb === 'backfill' ? ['--from', '2026-01-01', '--to', '2026-02-01'] : [];
    const { code, err } = await pawl('schedules', verb, 'nightli', ...range);
    assert.is(code, 1, verb);
    assert.match(
      err,
      /no-such-schedule: .*nightli\. Did you mean nightly\? There are: beat, nightly/,
    );
  }
});

test('a range without a time, with too many, or with some to come is refused', async () => {
  const refused: readonly (readonly [string, string, string, RegExp])[] = [
    ['nightly', '2020-01-01', '2020-01-02', /no time between .*after it is 2020-01-06T03:00/],
    ['nightly', '2020-01-01', '2920-01-02', /in the future/],
    ['nightly', '2020-02-01', '2020-01-02', /--from is later than --to/],
    ['nightly', 'tomorrow', '2020-01-02', /--from tomorrow: write an ISO time/],
    ['beat', '2020-01-01', '2020-01-02', /more than 1000 times .*--to 2020-01-01T01:2/],
  ];
  for (const [name, from, to, words] of refused) {
    const { code, err } = await pawl('schedules', 'backfill', name, '--from', from, '--to', to);
    assert.is(code, 2, err);
    assert.match(err, words);
  }
});

test('who paused a schedule stands in its history', async () => {
  assert.is((await pawl('schedules', 'pause', 'nightly')).code, 0);
  const { out } = await pawl('history', 'schedule', 'nightly');
  assert.match(out, /event\tada\tPAUSE/);
});

test('one that was removed says that its code may bring it back, and takes nothing more', async () => {
  const removed = await pawl('schedules', 'rm', 'nightly');
  assert.is(removed.code, 0);
  assert.match(removed.err, 'still declares nightly');
  assert.match((await pawl('schedules', 'pause', 'nightly')).err, 'actor-ended');
  const next = await pawl('--json', 'schedules', 'next', 'nightly');
  assert.equal(JSON.parse(next.out), []);
  assert.match(next.err, 'nightly is removed');
});

test.run();
