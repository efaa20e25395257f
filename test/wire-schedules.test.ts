// Schedules, jobs and limits on the wire match their schemas, and hosts refuse what these refuse.
import { openClient } from '@pawl/client';
import {
  command,
  onQueue,
  permit,
  registerMachine,
  schedule,
  scheduleMachine,
  type BusMessage,
  type PermitGranted,
} from '@pawl/core';
import { startHost } from '@pawl/host';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import { builtInTasks, startWorker, task } from '@pawl/worker';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { z } from 'zod';
import { schemaFaults, schemaNameOf, validateWire, wireSchemas } from './wire-validator.ts';

const test = suite('wire schedules');

const nothing = { input: z.object({}), output: z.object({}) };
const pull = command({ ...nothing, name: 'pull', service: 'shop' });
const report = command({ ...nothing, name: 'report', service: 'shop', job: true });
const poll = command({
  ...nothing,
  name: 'poll',
  service: 'shop',
  job: true,
  encoding: 'json',
  poll: { everyMs: 1_000 },
  deadlineMs: 60_000,
});

const disk = setup({
  types: { events: {} as { type: 'PULL' } | PermitGranted<'slot'> },
  actors: { pull, slot: permit('disks/main', { max: 1 }) },
}).createMachine({
  id: 'disk',
  version: '1',
  initial: 'ok',
  states: {
    ok: { on: { PULL: 'pulling' } },
    pulling: {
      initial: 'waiting',
      invoke: { id: 'slot', src: 'slot' },
      states: {
        waiting: { on: { 'pawl.granted.slot': 'running' } },
        running: { invoke: { id: 'pull', src: 'pull', input: () => ({}), onDone: '#disk.ok' } },
      },
    },
  },
});

const sheet = setup({}).createMachine({
  id: 'sheet',
  version: '1',
  initial: 'written',
  states: { written: { type: 'final' } },
});

const schedules = [
  schedule({
    name: 'pulls',
    every: '5s',
    target: { type: 'disk', states: ['ok'], event: { type: 'PULL' } },
    catchUp: '1m',
  }),
  schedule({
    name: 'reports',
    cron: '*/5 * * * * *',
    timeZone: 'Europe/Berlin',
    target: { command: report, input: {}, key: 'report' },
    overlap: 'cancel-running',
    backoff: false,
  }),
  schedule({
    name: 'polls',
    every: '5s',
    target: { command: onQueue(poll, 'heavy'), input: {} },
  }),
  schedule({ name: 'sheets', every: '5s', target: { type: 'sheet' }, overlap: 'buffer-one' }),
];

/** Half a minute of all of it, and what an operator may tell a schedule. */
const traffic = async () => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock, partitions: 2 });
  const seen: BusMessage[] = [];
  broker.ports('recorder').bus.subscribe('pawl.>', (message) => seen.push(message));
  const workerPorts = broker.ports('worker');
  const tasks = [pull, report, poll].map((each) => task(each, () => ({})));
  const builtIn = builtInTasks(workerPorts);
  const workers = [
    await startWorker({ ports: workerPorts, service: 'shop', tasks, clock }),
    await startWorker({ ports: workerPorts, service: 'pawl', tasks: builtIn, clock }),
  ];
  const ports = broker.ports('host');
  const host = await startHost({
    ...{ ports, service: 'shop', machines: { disk, sheet }, schedules, clock },
    checkSteps: true,
  });
  const client = openClient({ ports: broker.ports('client'), clock });
  const sent: Promise<unknown>[] = ['d-1', 'd-2', 'd-3'].map((id) =>
    client.actor('disk', id).create(undefined),
  );
  await clock.advance('12s');
  const to = clock.now();
  for (const event of [
    { type: 'RUN' },
    { type: 'PAUSE' },
    { type: 'RESUME' },
    { type: 'BACKFILL', from: to - 5_000, to },
    { type: 'REMOVE' },
  ]) {
    sent.push(client.actor('schedule', 'reports').send(event));
    await clock.advance('2s');
  }
  await Promise.all(sent);
  const records = await ports.registry.schedules();
  const ended = Promise.all([client.close(), ...workers.map((each) => each.stop()), host.stop()]);
  await clock.advance('10s');
  await ended;
  return { seen, records, letters: broker.deadLetters() };
};

test('what schedules, jobs and limits say and hear matches; each word was seen', async () => {
  const { seen, records, letters } = await traffic();
  const words = new Set<string>();
  const note = (subject: string, body: Uint8Array): void => {
    validateWire(subject, body);
    for (const [, word = ''] of new TextDecoder('latin1').decode(body).matchAll(/(pawl\.[a-z]+)/g))
      words.add(word);
  };
  for (const { subject, body } of seen)
    if (schemaNameOf(subject) !== undefined) note(subject, body);
  for (const word of ['pawl.acquire', 'pawl.queued', 'pawl.granted', 'pawl.release'])
    assert.ok(words.has(word), `no ${word}`);
  const creates = seen.map(
    ({ subject }) => /\.in\.(?:create|child)\.(schedule|job|sheet)\./.exec(subject)?.[1],
  );
  assert.equal(new Set(creates.filter(Boolean)), new Set(['schedule', 'job', 'sheet']));
  const events = seen.filter(({ subject }) => /\.in\.event\.schedule\./.test(subject));
  assert.ok(events.length >= 5, `${events.length} events of schedules`);
  assert.equal(
    records.map((record) => schemaFaults('schedule-record', JSON.parse(JSON.stringify(record)))),
    schedules.map(() => []),
  );
  assert.equal(letters, []);
});

interface Mangled {
  readonly what: string;
  readonly data: unknown;
}

/** The same data with one field left out or of another kind, for each field. */
const mangled = (data: unknown, path: string = ''): Mangled[] => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  return Object.entries(data).flatMap(([name, value]) => {
    const { [name]: _left, ...without } = data as Record<string, unknown>;
    const what = `${path}/${name}`;
    return [
      { what: `${what} left out`, data: without },
      { what: `${what} of another kind`, data: { ...data, [name]: true } },
      ...mangled(value, what).map((inner) => ({ ...inner, data: { ...data, [name]: inner.data } })),
    ];
  });
};

test('hosts take what the schema takes, and refuse what it refuses', async () => {
  const { schemas } = registerMachine('schedule', scheduleMachine);
  const isTaken = async (data: unknown): Promise<boolean> => {
    const result = await schemas?.input?.['~standard'].validate(data);
    return result !== undefined && result.issues === undefined;
  };
  const examples = wireSchemas.get('schedule-input')?.examples ?? [];
  let refused = 0;
  for (const example of examples) {
    assert.ok(await isTaken(example));
    for (const { what, data } of mangled(example)) {
      // What a contract and an input are about is left to those who run it.
      if (/\/(input|retry|event|queue|poll)\b/.test(what)) continue;
      const isFine = schemaFaults('schedule-input', data).length === 0;
      assert.is(await isTaken(data), isFine, what);
      if (!isFine) refused += 1;
    }
  }
  assert.ok(refused > 50, `${refused} ways to be wrong`);
});

test.run();
