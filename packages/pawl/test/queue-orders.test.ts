// Pausing classes and services on a real nats-server: nothing runs, all tools say so, others go on.
import type { QueueStatus } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { z } from 'zod';
import { examine } from '../src/doctor/examine.ts';
import { runProgram } from '../src/cli/program.ts';
import type { FlowReport } from '../src/installation/flow-report.ts';
import {
  command,
  connect,
  openClient,
  portsOf,
  startHost,
  startWorker,
  systemClock,
  task,
  type Client,
  type Connection,
  type Host,
  type StuckActor,
  type Worker,
} from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const pull = command({
  name: 'pull',
  service: 'disks',
  input: z.object({}),
  output: z.object({}),
});

const disk = setup({ types: { events: {} as { type: 'PULL' } }, actors: { pull } }).createMachine({
  id: 'disk',
  version: '1',
  initial: 'ok',
  states: {
    ok: { on: { PULL: 'pulling' } },
    pulling: { invoke: { id: 'pull', src: 'pull', input: () => ({}), onDone: 'ok' } },
  },
});

let server: NatsServer;
let connection: Connection;
let client: Client;
let host: Host;
let worker: Worker;
let pulls = 0;

const run = async (...words: string[]): Promise<{ code: number; out: string; err: string }> => {
  const terminal = { ...createFakeTerminal(), now: () => systemClock.now() };
  const code = await runProgram(words, terminal, { server: server.url, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

const json = async <Result>(...words: string[]): Promise<Result> => {
  const { code, out, err } = await run('--json', ...words);
  assert.is(code, 0, err);
  return JSON.parse(out) as Result;
};

type Queues = readonly QueueStatus[];

const test = suite('queue orders');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  const service = 'disks';
  host = await startHost({ connection, service, machines: { disk }, topology: { partitions: 2 } });
  const pullTask = task(pull, () => {
    pulls += 1;
    return {};
  });
  worker = await startWorker({ connection, service, tasks: [pullTask] });
  client = openClient({ connection });
  for (const id of ['d-1', 'd-2']) await client.actor('disk', id).create(undefined);
});

test.after(async () => {
  await client.close();
  await worker.stop();
  await host.stop();
  await connection.close();
  await server.stop();
});

test('a paused class waits and says so, a regular command of the same machine runs', async () => {
  const paused = await json<Queues>('pause', '--class', 'background');
  assert.ok(paused.every((queue) => queue.class === 'background' && queue.pausedUntil));
  assert.ok(paused.some(({ service }) => service === 'disks'));
  await client.actor('disk', 'd-1').send({ type: 'PULL' }, { class: 'background' });
  await client.actor('disk', 'd-2').send({ type: 'PULL' });
  await client.actor('disk', 'd-2').waitFor(({ value }) => value === 'ok');
  assert.is(pulls, 1);

  const { commands } = await json<FlowReport>('streams');
  const row = commands.find((each) => each.class === 'background' && each.service === 'disks');
  assert.ok((row?.pausedUntil ?? 0) > systemClock.now());
  assert.is(row?.depth, 1);
  assert.is(commands.find((each) => each.class === 'regular')?.pausedUntil, undefined);
  assert.match((await run('streams')).out, /background\tdisks\t1.*until resumed/);

  const report = await examine({ connection, ports: portsOf({ connection }), timeoutMs: 5000 });
  const [finding] = report.findings.filter(({ code }) => code === 'queue-paused');
  assert.match(finding?.message ?? '', 'background commands for disks are paused');
  assert.is(finding?.repair, 'pawl resume --class background --service disks');

  const [stuck] = await json<StuckActor[]>('stuck', '--older', '1ms');
  assert.is(stuck?.id, 'd-1');
  assert.is(stuck?.waits[0]?.heldBy, 'operator (resume --class background --service disks)');
});

test('a pause outlives the server, and resuming gives the command to the worker that waits', async () => {
  await server.restart();
  const flow = async (): Promise<FlowReport> => json<FlowReport>('streams');
  const isPaused = ({ commands }: FlowReport): boolean =>
    commands.some((each) => each.class === 'background' && each.pausedUntil !== undefined);
  assert.ok(isPaused(await flow()));
  const resumed = await json<Queues>('resume', '--class', 'background', '--service', 'disks');
  assert.equal(resumed, [{ class: 'background', service: 'disks' }]);
  await client.actor('disk', 'd-1').waitFor(({ value }) => value === 'ok');
  assert.is(pulls, 2);
});

test('a service is paused in all its classes, for a time', async () => {
  const order = ['pause', '--service', 'disks', '--for', '1h', '--by', 'ada', '--why', 'a move'];
  const paused = await json<Queues>(...order);
  assert.equal(
    paused.map((queue) => queue.class),
    ['regular', 'heavy', 'background'],
  );
  const until = paused[0]?.pausedUntil ?? 0;
  assert.ok(Math.abs(until - systemClock.now() - 3_600_000) < 60_000);
  assert.equal([paused[0]?.paused?.by, paused[0]?.paused?.why], ['ada', 'a move']);
  assert.match((await run('streams')).out, /regular\tdisks.*until 20.*, by ada at 20.*: a move/);
  const { findings } = await examine({
    connection,
    ports: portsOf({ connection }),
    timeoutMs: 5000,
  });
  const [finding] = findings.filter(({ code }) => code === 'queue-paused');
  assert.match(finding?.message ?? '', /by ada .*: a move$/);
  await json('resume', '--service', 'disks');
});

test('what cannot be meant is refused with what can', async () => {
  const refusals: readonly (readonly [words: string[], code: number, pattern: RegExp])[] = [
    [['pause', '--class', 'urgent'], 2, /unknown-class.*regular, heavy, background/],
    [['send', 'disk', 'd-1', 'PULL', '--class', 'urgent'], 2, /unknown-class/],
    [['create', 'disk', 'd-9', '--class', 'urgent'], 2, /unknown-class/],
    [['pause', '--service', 'nope'], 1, /no-such-queue.*disks/],
    [['pause', 'disk', 'd-1', '--class', 'heavy'], 2, /usage.*name no actor/],
    [['pause', 'disk', 'd-1', '--for', '2h'], 2, /usage.*--class or --service/],
  ];
  for (const [words, code, pattern] of refusals) {
    const ran = await run(...words);
    assert.is(ran.code, code, `${words.join(' ')}: ${ran.err}`);
    assert.match(ran.err, pattern);
  }
  const actor = client.actor('disk', 'd-1');
  try {
    await actor.send({ type: 'PULL' }, { class: 'urgent' as 'heavy' });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'unknown-class');
  }
});

test('an entry of an unknown class, put on the wire by hand, is refused by the host', async () => {
  const { journal, deadLetters } = portsOf({ connection });
  const { sequence } = await journal.append({
    type: 'disk',
    id: 'd-1',
    kindToken: 'event',
    body: new TextEncoder().encode('{"type":"PULL"}'),
    headers: { 'Pawl-Class': 'urgent' },
  });
  // In order: when the next event has been answered, this one has been refused.
  await client.actor('disk', 'd-1').send({ type: 'PULL' });
  await client.actor('disk', 'd-1').waitFor(({ value }) => value === 'ok');
  const letter = await deadLetters.load(`journal-${sequence}`);
  assert.is(letter?.error.code, 'unknown-class');
  assert.match(letter?.error.message ?? '', 'regular, heavy, background');
});

test.run();
