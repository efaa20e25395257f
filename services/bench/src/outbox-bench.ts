// Measures relays between a real PostgreSQL and a real nats-server: rate, CPU per event, idle CPU.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { migrate, readStatus, withSession, type Database } from '@pawl/outbox';
import { pgDatabase } from '@pawl/outbox/pg';
import { startPostgres, type PostgresServer } from '@pawl/testing/postgres';
import { connect, provision, startNatsServer, type NatsServer } from 'pawl';
import { processCpuMs } from './server-usage.ts';

const EVENTS = 50_000;
const ACTORS = 2_000;
const IDLE_MS = 10_000;
const RATE_MIN = 5_000;
/** CPU per event of two relays over that of one. */
const TWO_MAX = 1.1;
/** Half a hundredth of a core: timers and pings. */
const IDLE_MAX_MS = IDLE_MS / 200;

interface Usage {
  readonly published: number;
  readonly lanes: number;
  readonly cpuMs: number;
}

interface RelayProcess {
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const startRelayProcess = async (servers: string, url: string): Promise<RelayProcess> => {
  const file = fileURLToPath(new URL(`./outbox-relay${ending}`, import.meta.url));
  const child: ChildProcess = fork(file, [servers, url], { stdio: ['ignore', 2, 2, 'ipc'] });
  await once(child, 'message');
  return {
    usage: async () => {
      child.send('usage');
      const [usage] = (await once(child, 'message')) as [Usage];
      return usage;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const fill = (database: Database): Promise<unknown> =>
  withSession(database, (session) =>
    session.execute(
      `SELECT count(pawl.send('bench', 'actor-' || (i % ${ACTORS}),
         jsonb_build_object('type', 'TICK', 'n', i))) FROM generate_series(1, ${EVENTS}) i`,
      [],
    ),
  );

interface Result {
  readonly relays: number;
  readonly eventsPerSecond: number;
  readonly relayMicros: number;
  readonly brokerMicros: number;
}

const brokerCpu = async (nats: NatsServer): Promise<number> => (await processCpuMs(nats.pid)) ?? 0;

/** One backlog, relayed by so many relays that run already. */
const measure = async (
  relays: readonly RelayProcess[],
  database: Database,
  nats: NatsServer,
): Promise<Result> => {
  const before = await Promise.all(relays.map((each) => each.usage()));
  const broker = await brokerCpu(nats);
  await fill(database); // One transaction: all becomes visible at once, at its end.
  const filledAt = performance.now();
  while ((await readStatus(database)).waiting > 0) await pause(100);
  const seconds = (performance.now() - filledAt) / 1000;
  const after = await Promise.all(relays.map((each) => each.usage()));
  const cpuMs = after.reduce((sum, { cpuMs: used }, index) => {
    return sum + used - (before[index]?.cpuMs ?? 0);
  }, 0);
  return {
    relays: relays.length,
    eventsPerSecond: Math.round(EVENTS / seconds),
    relayMicros: (cpuMs * 1000) / EVENTS,
    brokerMicros: (((await brokerCpu(nats)) - broker) * 1000) / EVENTS,
  };
};

const run = async (postgres: PostgresServer, nats: NatsServer): Promise<readonly string[]> => {
  const database = pgDatabase(postgres.url);
  await migrate(database);
  const connection = await connect({ servers: nats.url });
  await provision(connection);
  await connection.close();
  const relays = [await startRelayProcess(nats.url, postgres.url)];
  const faults: string[] = [];
  try {
    await measure(relays, database, nats); // Warm.
    const one = await measure(relays, database, nats);
    await pause(2_000);
    const idleFrom = (await relays[0]?.usage())?.cpuMs ?? 0;
    await pause(IDLE_MS);
    const idleMs = ((await relays[0]?.usage())?.cpuMs ?? 0) - idleFrom;
    relays.push(await startRelayProcess(nats.url, postgres.url));
    for (let halves = false; !halves; await pause(100)) {
      const usages = await Promise.all(relays.map((each) => each.usage()));
      halves = usages.every(({ lanes }) => lanes === 8);
    }
    await measure(relays, database, nats); // Warm the second one too.
    const two = await measure(relays, database, nats);
    const ratio = two.relayMicros / one.relayMicros;
    for (const { relays: count, eventsPerSecond, relayMicros, brokerMicros } of [one, two])
      console.log(
        `${count} relay${count > 1 ? 's' : ''}\t${eventsPerSecond} events/s\t` +
          `relay CPU ${relayMicros.toFixed(1)} µs per event\t` +
          `nats-server CPU ${brokerMicros.toFixed(1)} µs per event`,
      );
    console.log(`two relays over one\t${ratio.toFixed(2)}`);
    console.log(`idle relay\t${idleMs.toFixed(1)} ms CPU in ${IDLE_MS / 1000} s`);
    if (one.eventsPerSecond < RATE_MIN)
      faults.push(`${one.eventsPerSecond} events/s < ${RATE_MIN}`);
    if (ratio > TWO_MAX) faults.push(`two relays use ${ratio.toFixed(2)} of one's CPU per event`);
    if (idleMs > IDLE_MAX_MS) faults.push(`an idle relay uses ${idleMs} ms in ${IDLE_MS} ms`);
  } finally {
    await Promise.all(relays.map((each) => each.stop()));
  }
  return faults;
};

/** Runs the measurement; resolves to what is not good enough. */
export const runOutboxBench = async (): Promise<readonly string[]> => {
  const postgres = await startPostgres({ isDurable: true });
  const nats = await startNatsServer();
  try {
    return await run(postgres, nats);
  } finally {
    await nats.stop();
    await postgres.stop();
  }
};
