// The doctor on a real nats-server: planted faults are one line each, with what repairs them.
import { partitionOf, type Ports } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import { portsOf, startHost, startWorker } from '../../src/bind.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { DoctorReport, Finding } from '../../src/doctor/finding.ts';
import { runProgram } from '../../src/cli/program.ts';
import { connect, provision, systemClock, type Clock, type Connection } from '../../src/index.ts';
import { createFakeTerminal } from '../fake-terminal.ts';
import { box, charge, disk, ghost, growPool, makeDisk, order, pool } from './patients.ts';
import { askApi, PLANTED, plantFaults, until } from './plant-faults.ts';

const PARTITIONS = 4;
const test = suite('doctor');

let server: NatsServer;
let connection: Connection;
let ports: Ports;
/** Everything that was started, to be stopped again. */
const started: { stop(): unknown }[] = [];

const begin = async <Part extends { stop(): unknown }>(part: Promise<Part>): Promise<Part> => {
  started.push(await part);
  return part;
};

const host = (service: string, machines: Record<string, AnyStateMachine>) =>
  begin(startHost({ connection, service, machines, topology: false }));
const worker = (service: string, ...tasks: (typeof charge)[]) =>
  begin(startWorker({ connection, service, tasks, slots: { background: 0 } }));

/** Runs a command that the doctor named. */
const pawl = async (line: string): Promise<{ code: number; out: string }> => {
  const terminal = createFakeTerminal();
  const words = line.split(' ').slice(1);
  const code = await runProgram(words, terminal, { server: server.url, version: '1' });
  return { code, out: [...terminal.out, ...terminal.err].join('\n') };
};

interface Look {
  readonly olderMs?: number;
  readonly clock?: Clock;
}

const look = (options: Look = {}): Promise<DoctorReport> =>
  examine({
    connection,
    ports,
    timeoutMs: 5000,
    monitors: [server.monitorUrl ?? ''],
    ...options,
  });

/** What is told about a healthy installation on one node. */
const USUAL = ['replicas', 'sync-interval'];
const unusual = ({ findings }: DoctorReport): Finding[] =>
  findings.filter(({ code }) => !USUAL.includes(code));

test.before(async () => {
  server = await startNatsServer({ monitoring: true });
  connection = await connect({ servers: server.url });
  await provision(connection, { partitions: PARTITIONS });
  ports = portsOf({ connection });
  await host('storage', { disk, pool });
  await worker('storage', makeDisk, growPool);
});

test.after(async () => {
  for (const part of started) await part.stop();
  await connection.close();
  await server.stop();
});

test('a healthy installation on one node: development, nothing broken, exit code 0', async () => {
  const report = await look();
  assert.equal(unusual(report), []);
  assert.is(report.verdict, 'development');
  assert.ok(report.isHealthy);
  assert.equal(report.findings.map(({ code }) => code).toSorted(), USUAL.toSorted());
  const { code, out } = await pawl('pawl doctor --json');
  assert.is(code, 0, out);
  assert.match(out, /sync-unknown.*--monitor/);
});

test('a clock that is off is told, and by how much', async () => {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + 7000 };
  const found = unusual(await look({ clock }));
  assert.equal(
    found.map(({ code }) => code),
    ['clock-skew'],
  );
  assert.match(found[0]?.message ?? '', /this machine's clock is [67]\.\d s ahead/);
});

let beats: { stop(): void };

test('planted faults: one line each, with what repairs it, and exit code 1', async () => {
  beats = await plantFaults({ connection, ports, partitions: PARTITIONS, pawl });
  // A partition may be without a host for some seconds while it changes hands.
  const plantedAt = systemClock.now();
  await until('a while', async () => systemClock.now() - plantedAt > 3000);
  const found = unusual(await look({ olderMs: 3000 }));
  const lines = found.map(({ code, message, repair }) => `${code}: ${message} -> ${repair}`);
  for (const code of PLANTED) {
    const own = found.filter((finding) => finding.code === code);
    // Both commands that nobody takes are old.
    assert.is(own.length, code === 'commands-old' ? 2 : 1, `${code} in\n${lines.join('\n')}`);
    assert.ok((own[0]?.repair ?? '').length > 10, code);
  }
  assert.equal(
    found.map(({ code }) => code).filter((code) => !PLANTED.some((planted) => planted === code)),
    [],
    lines.join('\n'),
  );
  const { code, out } = await pawl('pawl doctor --no-canary');
  assert.is(code, 1);
  assert.match(out, /^broken\tstream-missing\tthere is no PAWL_EMITTED\tpawl provision$/m);
});

/** The command at the head of a repair: `pawl retry --type disk …`. */
const commandOf = (found: readonly Finding[], code: string): string => {
  const repair = found.find((finding) => finding.code === code)?.repair ?? '';
  return (/^pawl [^(,]+/.exec(repair)?.[0] ?? '').trim();
};

test('what repairs them is done as the lines say, and the lines are gone', async () => {
  const found = unusual(await look({ olderMs: 3000 }));
  const lines = [
    commandOf(found, 'stream-missing'),
    commandOf(found, 'topology-duplicate-window'),
    commandOf(found, 'topology-allow-rollup-hdrs'),
    commandOf(found, 'consumer-missing'),
    commandOf(found, 'queue-missing'),
    `${commandOf(found, 'actors-faulted')} --yes`,
    `${commandOf(found, 'actors-parked')} --yes`,
    'pawl dead-letters discard --all --yes',
  ];
  for (const line of lines) {
    const { code, out } = await pawl(line);
    assert.is(code, 0, `${line}: ${out}`);
  }
  await host('shop', { order });
  await host('attic', { box });
  await host('haunted', { ghost });
  await worker('billing', charge);
  await begin(startWorker({ connection, service: 'storage', tasks: [makeDisk] }));
  beats.stop();
  await ports.snapshots.remove(partitionOf('disk', 'other', PARTITIONS), {
    type: 'disk',
    id: 'other',
  });
  await askApi(connection, 'STREAM.PURGE.KV_pawl-registry', {
    filter: '$KV.pawl-registry.machine.pool.2',
  });
  let left: Finding[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    left = unusual(await look({ olderMs: 60_000 }));
    if (left.length === 0) return;
    // The planted messages have no content that a host or worker takes: it buries them.
    const isBuried = left.some((finding) => finding.code === 'dead-letters');
    if (isBuried) assert.is((await pawl('pawl dead-letters discard --all --yes')).code, 0);
  }
  assert.equal(left, []);
});

test('a timer stream that was made anew is told, though the broker sees no lag', async () => {
  const { config } = await askApi(connection, 'STREAM.INFO.PAWL_TIMERS');
  await askApi(connection, 'STREAM.DELETE.PAWL_TIMERS');
  await askApi(connection, 'STREAM.CREATE.PAWL_TIMERS', config as object);
  const found = unusual(await look({ olderMs: 60_000 }));
  assert.equal(
    found.map(({ code, repair }) => [code, repair]),
    [['timer-source', 'pawl rebuild']],
  );
  await askApi(connection, 'STREAM.DELETE.PAWL_TIMERS');
  const gone = unusual(await look({ olderMs: 60_000 }));
  assert.equal(
    gone.map(({ code, message, repair }) => [code, message, repair]),
    [['stream-missing', 'beside the journal there is no PAWL_TIMERS', 'pawl rebuild']],
  );
});

test.run();
