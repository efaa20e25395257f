// Faults for the doctor to find: settings, consumers, services, commands and actors gone wrong.
import {
  createSubjects,
  encodeJson,
  machineRecordOf,
  partitionOf,
  registerMachine,
  type Ports,
} from '@pawl/core';
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import { openClient } from '../../src/bind.ts';
import { systemClock, type Connection } from '../../src/index.ts';
import { box, disk, order, pool } from './patients.ts';

/** Codes of the findings that follow, one each. */
export const PLANTED = [
  'actors-faulted',
  'actors-parked',
  'class-unserved',
  'commands-old',
  'consumer-missing',
  'dead-letters',
  'digest-differs',
  'host-missing',
  'partition-unheld',
  'queue-missing',
  'stream-missing',
  'task-slow',
  'task-unserved',
  'topology-allow-rollup-hdrs',
  'topology-duplicate-window',
  'type-unowned',
  'worker-missing',
] as const;

/** Asks the JetStream API; fails when it says no. */
export const askApi = async (
  connection: Connection,
  path: string,
  body: object = {},
): Promise<Record<string, unknown>> => {
  const answer = await connection.nats.request(`$JS.API.${path}`, JSON.stringify(body));
  const result = answer.json<Record<string, unknown>>();
  assert.is(result['error'], undefined, JSON.stringify(result['error']));
  return result;
};

const editStream = async (connection: Connection, name: string, change: object): Promise<void> => {
  const { config } = await askApi(connection, `STREAM.INFO.${name}`);
  await askApi(connection, `STREAM.UPDATE.${name}`, { ...(config as object), ...change });
};

/** Looks again and again, at most ten seconds. */
export const until = async (what: string, isTrue: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => systemClock.after(50, () => resolve(undefined)));
  }
  assert.unreachable(`${what} did not happen`);
};

const fakeBeats = (ports: Ports): { stop(): void } => {
  const subjects = createSubjects();
  const timing = { runs: 3, runMedianMs: 40_000, runP95Ms: 45_000, waitP95Ms: 1 };
  const beat = (): void => {
    const time = systemClock.now();
    const slow = {
      service: 'storage',
      worker: 'slow',
      tasks: ['make-disk'],
      slots: { regular: 1, heavy: 0, background: 0 },
      running: 0,
      timings: [{ task: 'make-disk', class: 'regular', ...timing }],
      time,
    };
    ports.bus.publish(subjects.workerBeat('storage', 'slow'), encodeJson(slow));
    const machines = { box: ['1'] };
    const idle = { service: 'attic', host: 'idle', startedAt: 1, partitions: [], machines, time };
    ports.bus.publish(subjects.heartbeat('attic', 'idle'), encodeJson(idle));
  };
  beat();
  return systemClock.every(500, beat);
};

/** What the faults are planted in. */
export interface Patient {
  readonly connection: Connection;
  readonly ports: Ports;
  readonly partitions: number;
  /** Runs a line of the command line. */
  readonly pawl: (line: string) => Promise<{ readonly code: number }>;
}

/** Plants them; heartbeats that are not true go on until they are stopped. */
export const plantFaults = async (patient: Patient): Promise<{ stop(): void }> => {
  const { connection, ports, partitions, pawl } = patient;
  const { journal, commands, registry, snapshots, deadLetters } = ports;
  const register = (type: string, machine: AnyStateMachine, service: string): Promise<void> =>
    registry.registerMachine(machineRecordOf(registerMachine(type, machine), service));
  const client = openClient({ connection });
  // Settings of the journal, and a stream that is gone.
  await editStream(connection, 'PAWL_JOURNAL', {
    duplicate_window: 30_000_000_000,
    allow_rollup_hdrs: true,
  });
  await askApi(connection, 'STREAM.DELETE.PAWL_EMITTED');
  // Actors: one faulted, one paused, one whose snapshot another machine made.
  await client.actor(disk, 'bad').create({});
  await client
    .actor(disk, 'bad')
    .send({ type: 'CRASH' })
    .catch(() => undefined);
  await client.actor(disk, 'held').create({});
  assert.is((await pawl('pawl pause disk held --yes')).code, 0);
  await until(
    'the fault',
    async () => (await client.actor(disk, 'bad').load()).status === 'faulted',
  );
  const { created } = await journal.identity();
  const other = { type: 'disk', id: 'other' };
  await snapshots.save(
    partitionOf(other.type, other.id, partitions),
    {
      ...other,
      sequence: 1,
      entryTime: 1,
      journal: created,
      version: '1',
      digest: 'another',
      status: 'active',
      value: '"idle"',
      tags: [],
      since: 1,
    },
    new Uint8Array(),
    0,
  );
  await deadLetters.publish({
    id: 'journal-999999',
    error: { code: 'invalid-body', message: 'a body that nobody could read' },
    time: systemClock.now(),
  });
  // Services: one without a host, one whose host takes nothing, a type that nobody owns.
  await register('order', order, 'shop');
  await journal.provisionConsumers('shop', ['order']);
  await commands.provision('billing');
  await register('box', box, 'attic');
  await journal.provisionConsumers('attic', ['box']);
  const append = (type: string) =>
    journal.append({ type, id: 'x-1', kindToken: 'create', body: encodeJson({ version: '1' }) });
  await append('box');
  await append('ghost');
  // Commands: for nobody, of a class that nobody takes, of a task that nobody has, too slow.
  const command = (service: string, task: string, queueClass: 'regular' | 'background') =>
    commands.publish({
      subject: {
        class: queueClass,
        service,
        task,
        actor: { type: 'disk', id: 'x-1' },
        generation: '1-0-00000000',
      },
      messageId: `${service}-${task}`,
      body: encodeJson({}),
    });
  await command('billing', 'charge', 'regular');
  await command('storage', 'make-disk', 'background');
  await registry.registerMachine({
    ...machineRecordOf(registerMachine('pool', pool), 'storage'),
    version: '2',
    commands: [{ service: 'storage', name: 'shrink-pool', encoding: 'msgpack', job: false }],
  });
  const beats = fakeBeats(ports);
  // Consumers: one of a partition, one of a class that no worker pulls: a worker would mend it.
  await askApi(connection, 'CONSUMER.DELETE.PAWL_JOURNAL.host-storage-3');
  await askApi(connection, 'CONSUMER.DELETE.PAWL_COMMANDS_HEAVY.worker-billing');
  await client.close();
  return beats;
};
