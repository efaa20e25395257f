// The doctor on a real nats-server: full stores, foreign messages, lost entries, hosts that stand
// still, two of one name.
import { createSubjects, encodeJson, partitionOf } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, portsOf, startHost, startWorker } from '../../src/bind.ts';
import { examine, findingsOf } from '../../src/doctor/examine.ts';
import { settleFacts, type AskedFacts } from '../../src/doctor/facts.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { connect, provision, systemClock, type Connection, type Log } from '../../src/index.ts';
import { box, disk, makeDisk } from './patients.ts';
import { askApi } from './plant-faults.ts';

const PARTITIONS = 4;
const test = suite('doctor, blind spots');

interface Patient {
  readonly server: NatsServer;
  readonly connection: Connection;
  stop(): Promise<void>;
}

const admit = async (configuration: string = ''): Promise<Patient> => {
  const server = await startNatsServer({ monitoring: true, configuration });
  const connection = await connect({ servers: server.url });
  await provision(connection, { partitions: PARTITIONS });
  const stop = async (): Promise<void> => {
    await connection.close();
    await server.stop();
  };
  return { server, connection, stop };
};

const look = async ({ server, connection }: Patient, stall = {}): Promise<readonly Finding[]> => {
  const ports = portsOf({ connection });
  const monitors = [server.monitorUrl ?? ''];
  const { findings } = await examine({ connection, ports, monitors, timeoutMs: 5000, stall });
  return findings.filter(({ code }) => code !== 'replicas' && code !== 'sync-interval');
};

const brief = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, code }) => `${level} ${code}`);

const services = async (
  { connection }: Patient,
  name?: string,
  log?: Log,
): Promise<{ stop(): Promise<void> }> => {
  const named = name === undefined ? {} : { name };
  const logged = log === undefined ? {} : { log };
  const host = await startHost({
    ...{ connection, service: 'storage', machines: { disk } },
    ...named,
    ...logged,
    topology: false,
  });
  const worker = await startWorker({
    ...{ connection, service: 'storage', tasks: [makeDisk] },
    ...named,
    ...logged,
  });
  return {
    stop: async () => {
      await worker.stop();
      await host.stop();
    },
  };
};

test('a full store is told, with the way out, and no advice about permissions', async () => {
  const patient = await admit();
  const { server, connection } = patient;
  await server.stop();
  await connection.close();
  const tiny = await startNatsServer({
    monitoring: true,
    jetstream: false,
    configuration: `jetstream { store_dir: "${server.storeDirectory}-tiny", max_file_store: 200KB }`,
  });
  const again = await connect({ servers: tiny.url });
  await provision(again, { partitions: PARTITIONS });
  const ports = portsOf({ connection: again });
  const body = encodeJson({ text: 'x'.repeat(20_000) });
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 20; count += 1)
      await ports.deadLetters.publish({
        id: `fill-${count}`,
        error: { code: 'invalid-body', message: Buffer.from(body).toString() },
        time: 1,
      });
  };
  await fill().catch(() => undefined);
  const findings = await look({ server: tiny, connection: again, stop: async () => undefined });
  const found = brief(findings);
  assert.ok(found.includes('broken store-refuses'), found.join());
  assert.ok(found.includes('broken store-full'), found.join());
  assert.not.ok(found.includes('advice timer-canary-refused'), found.join());
  const refusal = findings.find(({ code }) => code === 'store-refuses');
  assert.match(refusal?.message ?? '', /insufficient resources/);
  assert.match(refusal?.repair ?? '', /max_file_store/);
  await again.close();
  await tiny.stop();
});

test('what Pawl did not write is named, and the rest is read without it', async () => {
  const patient = await admit();
  const { connection } = patient;
  const ports = portsOf({ connection });
  const first = await services(patient);
  const client = openClient({ connection });
  await client.actor(disk, 'd1').create({});
  await client.actor(disk, 'd2').create({});
  await first.stop();
  const partition = partitionOf('disk', 'd1', PARTITIONS);
  const stray = { type: 'disk', id: 'stray' };
  for (const key of [
    `${partition}.disk.d1`,
    `${partitionOf('disk', 'stray', PARTITIONS)}.disk.stray`,
  ])
    await connection.nats.request(`$KV.pawl-snapshots.${key}`, 'not ours');
  await connection.nats.request('$KV.pawl-registry.machine.disk.9', 'not ours');
  const unreadable: string[] = [];
  const headers = await ports.snapshots.headers(partition, 'disk', ({ id }) => unreadable.push(id));
  assert.ok(unreadable.includes('d1'));
  assert.not.ok(headers.some(({ id }) => id === 'd1'));
  assert.ok((await ports.registry.machines('disk')).every(({ version }) => version === '1'));
  const second = await services(patient);
  // Its journal has the state: the next entry replaces what stands in the way.
  await client.actor(disk, 'd1').send({ type: 'RUN' });
  const listed: string[] = [];
  for await (const { id } of client.list(disk)) listed.push(id);
  assert.equal(listed.toSorted(), ['d1', 'd2']);
  const findings = await look(patient);
  const foreign = findings.filter(({ code }) => code === 'foreign-key');
  assert.equal(foreign.length, 2, JSON.stringify(findings));
  const text = foreign.map(({ message, repair }) => `${message} ${repair}`).join('\n');
  assert.match(
    text,
    `nats kv del pawl-snapshots ${partitionOf('disk', stray.id, PARTITIONS)}.disk.stray`,
  );
  assert.match(text, 'nats kv del pawl-registry machine.disk.9');
  await second.stop();
  await client.close();
  await patient.stop();
});

test('a limit on the journal, and the actors whose entries it took', async () => {
  const patient = await admit();
  const { connection } = patient;
  const running = await services(patient);
  const client = openClient({ connection });
  for (let count = 0; count < 6; count += 1) await client.actor(disk, `d${count}`).create({});
  await running.stop();
  const { config } = await askApi(connection, 'STREAM.INFO.PAWL_JOURNAL');
  const limited = { ...(config as object), max_msgs: 3, discard: 'old' };
  await askApi(connection, 'STREAM.UPDATE.PAWL_JOURNAL', limited);
  const findings = await look(patient);
  const found = brief(findings);
  for (const line of [
    'broken topology-max-msgs',
    'broken topology-discard',
    'broken actors-lost',
    'advice journal-gaps',
  ])
    assert.ok(found.includes(line), `${line} in ${found.join()}`);
  const lost = findings.find(({ code }) => code === 'actors-lost');
  assert.match(
    lost?.message ?? '',
    /the journal has lost entries of \d actors? of disk, such as d\d/,
  );
  await client.close();
  await patient.stop();
});

test('a host that acknowledges nothing is named with its partitions', async () => {
  const patient = await admit();
  const { connection } = patient;
  const ports = portsOf({ connection });
  await startHost({ connection, service: 'attic', machines: { box }, topology: false }).then(
    (host) => host.stop(),
  );
  await ports.journal.append({ type: 'box', id: 'b1', kindToken: 'create', body: encodeJson({}) });
  const beat = (): void => {
    const time = systemClock.now();
    const partitions = Array.from({ length: PARTITIONS }, (_, number) => number);
    const body = { service: 'attic', host: 'stuck', startedAt: 1, partitions, time };
    const heartbeat = createSubjects().heartbeat('attic', 'stuck');
    ports.bus.publish(heartbeat, encodeJson({ ...body, machines: { box: ['1'] } }));
  };
  const beats = systemClock.every(500, beat);
  const found = await look(patient, { waitedMs: 1000, watchedMs: 1000 });
  beats.stop();
  const stalled = found.filter(({ code }) => code === 'host-stalled');
  const which = partitionOf('box', 'b1', PARTITIONS);
  const words = `host stuck of attic makes no progress in partitions ${which}`;
  assert.equal(
    stalled.map(({ message }) => message.split(':')[0]),
    [words],
  );
  await patient.stop();
});

test('two of one name are told by both logs and by the doctor; one after the other is not', async () => {
  const patient = await admit();
  const errors: string[] = [];
  const log: Log = (level, message) => void (level === 'error' && errors.push(message));
  const first = await services(patient, 'one', log);
  const during = look(patient);
  await first.stop();
  const second = await services(patient, 'one', log);
  assert.equal(brief(await during), []);
  assert.equal(errors, []);
  const other = await connect({ servers: patient.server.url });
  const third = await services({ ...patient, connection: other }, 'one', log);
  const found = (await look(patient)).filter(({ code }) => code === 'name-taken');
  assert.equal(found.map(({ message }) => message).toSorted(), [
    'there is more than one host one of pawl: a name must be unique',
    'there is more than one host one of storage: a name must be unique',
    'there is more than one worker one of storage: a name must be unique',
  ]);
  for (const what of ['host of storage', 'worker of storage'])
    assert.is(errors.filter((line) => line.startsWith(`Another ${what} is called one`)).length, 2);
  await third.stop();
  await second.stop();
  await other.close();
  await patient.stop();
});

test('nothing is broken while hosts and workers are restarted one after the other under load', async () => {
  const patient = await admit();
  const { connection } = patient;
  let running = [await services(patient, 'first'), await services(patient, 'second')];
  const client = openClient({ connection });
  await Promise.all(Array.from({ length: 8 }, (_, at) => client.actor(disk, `d${at}`).create({})));
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver)
      for (let at = 0; at < 8; at += 1) {
        const actor = client.actor(disk, `d${at}`);
        await actor.send({ type: 'RUN' });
        await actor.waitFor(({ value }) => value === 'idle');
      }
  };
  const loading = load();
  for (const name of ['first', 'second']) {
    const [old, ...others] = running;
    const during = look(patient);
    await old?.stop();
    running = [...others, await services(patient, name)];
    assert.equal(brief(await during), [], name);
  }
  isOver = true;
  await loading;
  for (const part of running) await part.stop();
  await client.close();
  await patient.stop();
});

test('a fact that cannot be had is one line, and the other rules go on', async () => {
  const asked = {
    names: { deadLetters: 'LETTERS' },
    streams: [{ name: 'LETTERS', messages: 2, consumers: [], replicas: 3 }],
    machines: [],
    tasks: Promise.reject(new Error('it is away')),
  } as unknown as AskedFacts;
  const facts = await settleFacts(asked);
  const found = findingsOf(facts);
  assert.ok(found.some(({ code }) => code === 'dead-letters'));
  const away = found.filter(({ message }) => message.endsWith('it is away'));
  assert.equal(brief(away), ['broken not-looked-at']);
});

test.run();
