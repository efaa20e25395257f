// What the broker has been given is what the preview says, at both clock changes in ten zones.
import { schedule, type Schedule } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHANGING_ZONES } from '../../core/test/changing-zones.ts';
import { runProgram } from '../src/cli/program.ts';
import type { ComingTick } from '../src/cli/show/coming-ticks.ts';
import { WallClock } from '../src/cli/show/wall-clock.ts';
import {
  connect,
  openClient,
  startHost,
  systemClock,
  type Connection,
  type Host,
} from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';
import { volume } from './volume.machine.ts';

const test = suite('schedules armed');

const MINUTE = 60_000;
const YEAR = 366 * 24 * 60 * MINUTE;

interface Pinned {
  readonly schedule: Schedule;
  readonly dst: 'moved' | 'once';
}

/** A schedule for the one time that a clock change leaves out, or makes twice. */
const pinnedOf = (zone: string, now: number): Pinned[] => {
  const clock = new WallClock(zone);
  return clock.changes(now, now + YEAR).map(({ at, byMs }) => {
    const wall = new Date(clock.at(at) - Math.max(byMs, 0) + 15 * MINUTE);
    const minute = `${wall.getUTCMinutes()} ${wall.getUTCHours()}`;
    const dst = byMs > 0 ? 'moved' : 'once';
    return {
      dst,
      schedule: schedule({
        name: `${zone.replaceAll(/\W/g, '-')}-${dst}`,
        cron: `0 ${minute} ${wall.getUTCDate()} ${wall.getUTCMonth() + 1} *`,
        timeZone: zone,
        target: { type: 'volume', event: { type: 'DELETE' } },
      }),
    };
  });
};

let server: NatsServer;
let connection: Connection;
let host: Host;
const pinned = CHANGING_ZONES.flatMap((zone) => pinnedOf(zone, systemClock.now()));

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  host = await startHost({
    connection,
    service: 'shop',
    machines: { volume },
    topology: { partitions: 2 },
    schedules: pinned.map((each) => each.schedule),
  });
});

test.after(async () => {
  await host.stop();
  await connection.close();
  await server.stop();
});

/** The `Nats-Schedule` header of the one timer of a schedule. */
const armedAt = async (name: string): Promise<string> => {
  const question = JSON.stringify({ last_by_subj: `pawl.timer.schedule.${name}.>` });
  const reply = await connection.nats.request('$JS.API.STREAM.MSG.GET.PAWL_TIMERS', question);
  const { message } = reply.json<{ readonly message?: { readonly hdrs: string } }>();
  const headers = Buffer.from(message?.hdrs ?? '', 'base64').toString();
  return /^Nats-Schedule: @at (.*)$/m.exec(headers)?.[1]?.trim() ?? headers;
};

test('both changes of a year are there in ten zones', () => {
  assert.is(pinned.length, 20);
  assert.is(pinned.filter(({ dst }) => dst === 'moved').length, 10);
});

for (const { schedule: each, dst } of pinned)
  test(`${each.name}: the broker has the time that is previewed`, async () => {
    const client = openClient({ connection });
    await client
      .actor('schedule', each.name)
      .waitFor(({ value }) => JSON.stringify(value).includes('waiting'));
    await client.close();
    const terminal = { ...createFakeTerminal(), now: () => systemClock.now() };
    const words = ['--json', 'schedules', 'next', each.name, '--count', '1'];
    const code = await runProgram(words, terminal, { server: server.url, version: '1' });
    assert.is(code, 0, terminal.err.join('\n'));
    const [tick] = JSON.parse(terminal.out.join('\n')) as ComingTick[];
    assert.is(tick?.dst, dst, JSON.stringify(tick));
    assert.is(await armedAt(each.name), tick?.time);
  });

test.run();
