// A broker, a database and relays between them, for one test file.
import type { EventBody, Log, Ports, StoredEntry } from '@pawl/core';
import { decodeBody, HEADER } from '@pawl/core';
import { connect, openPorts, provision, type Connection } from '@pawl/jetstream';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { startRelay, type Relay, type RelayOptions } from '@pawl/outbox';
import { startDatabases, type TestDatabase, type TestDatabases } from './test-database.ts';

/** All that runs. */
export interface RelayWorld {
  readonly nats: NatsServer;
  readonly connection: Connection;
  readonly ports: Ports;
  readonly databases: TestDatabases;
  readonly complaints: string[];
  relay(db: TestDatabase, options?: Partial<RelayOptions>): Promise<Relay>;
  /** Sends one event in a transaction of its own. */
  send(db: TestDatabase, id: string, event: EventBody): Promise<number>;
  /** Events of an actor in the journal, in order. */
  events(id: string): Promise<readonly EventBody[]>;
  entries(id: string): Promise<readonly StoredEntry[]>;
  stopRelays(): Promise<void>;
  close(): Promise<void>;
}

/** Resolves once `condition` holds; looks again and again. Rejects after `ms`. */
export const until = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms: number = 20_000,
): Promise<void> => {
  const endsAt = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** The type of all actors of these tests. */
export const TYPE = 'volume';

/** Starts a broker and a server of databases. */
export const openRelayWorld = async (): Promise<RelayWorld> => {
  const nats = await startNatsServer();
  const connection = await connect({ servers: nats.url, name: 'relay-test' });
  await provision(connection, { partitions: 4 });
  const ports = openPorts(connection);
  const databases = await startDatabases();
  const relays = new Set<Relay>();
  const complaints: string[] = [];
  const log: Log = (level, message, fields) => {
    if (level === 'warn' || level === 'error')
      complaints.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const entries = (id: string): Promise<readonly StoredEntry[]> =>
    ports.journal.read({ type: TYPE, id });
  const stopRelays = async (): Promise<void> => {
    await Promise.all([...relays].map((relay) => relay.stop()));
    relays.clear();
  };
  return {
    ...{ nats, connection, ports, databases, complaints, entries, stopRelays },
    relay: async (db, options = {}) => {
      const relay = await startRelay({ ports, database: db.database, log, ...options });
      relays.add(relay);
      return relay;
    },
    send: async (db, id, event) => {
      const [row] = await db.query('SELECT pawl.send($1, $2, $3::text::jsonb) AS number', [
        ...[TYPE, id, JSON.stringify(event)],
      ]);
      return Number(row?.['number']);
    },
    events: async (id) =>
      (await entries(id))
        .filter(({ kindToken }) => kindToken === 'event')
        .map(({ body }) => decodeBody(body) as EventBody),
    close: async () => {
      await stopRelays();
      await databases.stop();
      await ports.close();
      await connection.close();
      await nats.stop();
    },
  };
};

/** The id of an entry as the broker stores it. */
export const messageIdOf = ({ headers }: StoredEntry): string => headers[HEADER.messageId] ?? '';
