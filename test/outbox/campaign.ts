// The promise of the outbox, against kills, rollbacks, an absent broker, a long transaction.
import { startPostgres } from '@pawl/testing/postgres';
import { readStatus } from '@pawl/outbox';
import { connect, provision, startHost, startNatsServer, type NatsServer } from 'pawl';
import pg from 'pg';
import { createDatabase, type Database } from './campaign-database.ts';
import { checkJournals, checkTable } from './check-campaign.ts';
import { counter } from '../../packages/outbox/test/counter.machine.ts';
import { createPlace, type Place } from './crew.ts';
import { allowMore, begin, writeEvents } from './writer.ts';

/** How large a campaign is. */
export interface CampaignSettings {
  /** Transactions begun in all; a third of them is rolled back. */
  readonly attempts: number;
  readonly actors: number;
  readonly strikeEveryMs: number;
  /** So many attempts between two strikes, on a quick machine as on a slow one. */
  readonly attemptsBetween: number;
  readonly brokerAwayMs: number;
}

/** What a campaign saw; all of it has been checked. */
export interface CampaignReport {
  /** Begun in both databases. */
  readonly transactions: number;
  readonly committedTransactions: number;
  readonly committedEvents: number;
  /** How often whom. */
  readonly strikes: Readonly<Record<Place['part'] | 'broker', number>>;
  /** Row numbers that both outboxes have given. */
  readonly equalNumbers: number;
  readonly seconds: number;
}

/** How long all may take to come to rest, once nobody is struck any more. */
const REST_MAX_MS = 60_000;
/** Of the attempts, one of so many is in the second database. */
const OTHER_SHARE = 4;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A transaction that is open from the beginning, and has sent something already. */
const openLong = async (url: string, actors: readonly string[]): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await begin(client);
  await writeEvents(client, 0, actors.slice(0, 3));
  return client;
};

/** The number that each database answers. */
const numbersOf = (databases: readonly Database[], question: string): Promise<number[]> =>
  Promise.all(
    databases.map(async ({ client }) => {
      const { rows } = await client.query<{ n: string }>(question);
      return Number(rows[0]?.n);
    }),
  );

const sumOf = async (databases: readonly Database[], question: string): Promise<number> =>
  (await numbersOf(databases, question)).reduce((sum, n) => sum + n, 0);

/** As many attempts more in each database as its share is. */
const allowRound = async (
  [main, other]: readonly [Database, Database],
  attempts: number,
): Promise<void> => {
  await allowMore(main.client, attempts);
  await allowMore(other.client, Math.ceil(attempts / OTHER_SHARE));
};

/**
 * Strikes places at random until the writers are done; the broker goes away once. The writers
 * wait for the next round when they are ahead of it.
 */
const strike = async (
  places: readonly Place[],
  databases: readonly [Database, Database],
  nats: NatsServer,
  settings: CampaignSettings,
): Promise<CampaignReport['strikes']> => {
  const strikes = { relay: 0, host: 0, writer: 0, projection: 0, broker: 0 };
  let allowed = 0;
  for (let count = 1; places.some(({ part, hasEnded }) => part === 'writer' && !hasEnded);) {
    const [begun = 0] = await numbersOf(databases, 'SELECT last_value AS n FROM attempt');
    const isRoundDone = begun >= allowed;
    if (isRoundDone) {
      await allowRound(databases, settings.attemptsBetween);
      allowed += settings.attemptsBetween;
    }
    await pause(settings.strikeEveryMs);
    if (!isRoundDone) continue;
    const alive = places.filter(({ hasEnded }) => !hasEnded);
    const struck = alive[Math.floor(Math.random() * alive.length)];
    struck?.strike();
    if (struck !== undefined) strikes[struck.part] += 1;
    count += 1;
    if (strikes.broker > 0 || count < 3) continue;
    strikes.broker += 1;
    await nats.kill();
    await pause(settings.brokerAwayMs);
    await nats.restart();
  }
  return strikes;
};

/** Both outboxes count from one: how far the slower one has come. */
const LAST_NUMBER = `
SELECT last_value AS n FROM pg_sequences
WHERE schemaname = 'pawl' AND sequencename = 'outbox_number_seq'`;

const untilEmpty = async (databases: readonly Database[]): Promise<void> => {
  const endsAt = performance.now() + REST_MAX_MS;
  for (const { database } of databases)
    while ((await readStatus(database)).waiting > 0) {
      if (performance.now() > endsAt) throw new Error('The outboxes did not become empty.');
      await pause(50);
    }
};

/** Runs a campaign and checks it. Throws what was broken. */
export const runCampaign = async (settings: CampaignSettings): Promise<CampaignReport> => {
  const startedAt = performance.now();
  const postgres = await startPostgres();
  const nats = await startNatsServer();
  const connection = await connect({ servers: nats.url, name: 'campaign' });
  await provision(connection, { partitions: 4 });
  // So that the type is registered before the first birth; the campaign's hosts come and go.
  await (await startHost({ connection, service: 'count', machines: { counter } })).stop();
  const actors = Array.from({ length: settings.actors }, (_, index) => `actor-${index}`);
  const main = await createDatabase(postgres.url, 'campaign_main', actors);
  const other = await createDatabase(postgres.url, 'campaign_other', []);
  const long = await openLong(main.url, actors);
  const common = { servers: nats.url, actors: settings.actors, attempts: 0 };
  const places: Place[] = [];
  const add = (part: Place['part'], { url }: Database, attempts: number = 0): void => {
    const offset = url === main.url ? 0 : 1_000_000_000;
    const seed = places.length * 7_919;
    places.push(createPlace({ ...common, part, database: url, attempts, offset, seed }));
  };
  try {
    for (const part of ['relay', 'relay', 'host', 'host', 'projection'] as const) add(part, main);
    add('relay', other);
    // The births go first: an event of another outbox has no order with them.
    await untilEmpty([main]);
    for (let count = 0; count < 3; count += 1) add('writer', main, settings.attempts);
    add('writer', other, Math.ceil(settings.attempts / OTHER_SHARE));
    const strikes = await strike(places, [main, other], nats, settings);
    await writeEvents(long, 0, actors.slice(0, 3), 3);
    await long.query('COMMIT');
    await untilEmpty([main, other]);
    const committedEvents = await checkJournals(connection, [main, other], actors);
    await checkTable(connection, main, actors);
    return {
      transactions: settings.attempts + Math.ceil(settings.attempts / OTHER_SHARE) + 1,
      committedTransactions: await sumOf(
        [main, other],
        'SELECT count(DISTINCT attempt) AS n FROM written',
      ),
      committedEvents,
      strikes,
      equalNumbers: Math.min(...(await numbersOf([main, other], LAST_NUMBER))),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await Promise.all(places.map((each) => each.stop()));
    await Promise.all([long.end(), main.client.end(), other.client.end()]);
    await connection.close();
    await nats.stop();
    await postgres.stop();
  }
};
