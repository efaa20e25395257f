// Schedules on a real server: ticks each second, a stopped server, and the command line.
import { command, schedule, type ScheduleContext } from '@pawl/core';
import { startNatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { openClient, startHost, startWorker } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import { connect, task } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';
import { volume } from './volume.machine.ts';

const test = suite('schedules');

const work = command({
  name: 'work',
  service: 'shop',
  job: true,
  input: z.object({ policy: z.string() }),
  output: z.object({}),
});

const POLICIES = ['skip', 'buffer-one', 'allow', 'cancel-running'] as const;

const schedules = POLICIES.map((policy) =>
  schedule({
    name: policy,
    cron: '* * * * * *',
    overlap: policy,
    target: { command: work, input: { policy } },
  }),
);

test('a tick each second, a job of three: runs are what each policy says; two hosts', async () => {
  const server = await startNatsServer();
  const running = new Map<string, number>();
  const peaks = new Map<string, number>();
  const connections = await Promise.all([1, 2, 3].map(() => connect({ servers: server.url })));
  const [first, second, third] = connections as [never, never, never];
  const options = { service: 'shop', machines: { volume }, schedules };
  const hosts = [
    await startHost({ ...options, connection: first }),
    await startHost({ ...options, connection: second }),
  ];
  const worker = await startWorker({
    connection: third,
    service: 'shop',
    tasks: [
      task(work, async ({ policy }, { signal }) => {
        const now = (running.get(policy) ?? 0) + 1;
        running.set(policy, now);
        peaks.set(policy, Math.max(now, peaks.get(policy) ?? 0));
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 3_000);
          signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
        });
        running.set(policy, (running.get(policy) ?? 1) - 1);
        return {};
      }),
    ],
  });
  const client = openClient({ connection: third });
  const contextOf = async (name: string): Promise<ScheduleContext> =>
    (await client.actor('schedule', name).load()).context as ScheduleContext;
  const pawl = async (...words: string[]) => {
    const terminal = createFakeTerminal({});
    const code = await runProgram(words, terminal, { server: server.url, version: '1' });
    return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
  };
  try {
    await client
      .actor('schedule', 'skip')
      .waitFor(({ context }) => (context as ScheduleContext).counts.started >= 5, {
        timeoutMs: 40_000,
      });
    for (const policy of POLICIES) {
      const { counts, buffered, accountedTo, anchor } = await contextOf(policy);
      const ticks = Math.floor(accountedTo / 1000) - Math.floor(anchor / 1000);
      const waiting = buffered === null ? 0 : 1;
      const seen = counts.started + counts.skipped + counts.missed + waiting;
      assert.ok(Math.abs(seen - ticks) <= 1, `${policy}: ${seen} of ${ticks} ticks`);
    }
    assert.is(peaks.get('skip'), 1);
    assert.is(peaks.get('buffer-one'), 1);
    assert.is(peaks.get('cancel-running'), 1);
    assert.ok((peaks.get('allow') ?? 0) >= 3, String(peaks.get('allow')));
    assert.ok((await contextOf('cancel-running')).counts.started > 8);

    assert.match((await pawl('schedules', 'ls')).out, /skip\tactive\t\* \* \* \* \* \* \(UTC\)/);
    assert.is((await pawl('schedules', 'next', 'skip', '--count', '3')).out.split('\n').length, 4);
    assert.match((await pawl('schedules', 'pause', 'skip')).out, /state\tpaused/);
    assert.match((await pawl('schedules', 'resume', 'skip')).out, /state\tactive/);
    assert.match((await pawl('schedules', 'run', 'allow')).out, /by-hand/);
    const unknown = await pawl('schedules', 'show', 'skp');
    assert.is(unknown.code, 1);
    assert.match(unknown.err, /no-such-schedule.*Did you mean skip\?/);
    assert.match((await pawl('schedules', 'rm', 'skip')).out, /state\tremoved/);
  } finally {
    await client.close();
    await worker.stop({ graceMs: 100 });
    for (const host of hosts) await host.stop();
    for (const connection of connections) await connection.close();
    await server.stop();
  }
});

test.run();
