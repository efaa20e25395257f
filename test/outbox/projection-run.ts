// The promise of projections: killed at random while events pass, the table is the journals' fold.
import { setTimeout as pause } from 'node:timers/promises';
import { encodeBody, HEADER, type Journal } from '@pawl/core';
import { startPostgres } from '@pawl/testing/postgres';
import {
  connect,
  portsOf,
  provision,
  startHost,
  startNatsServer,
  startProjection,
  type Connection,
} from 'pawl';
import * as assert from 'uvu/assert';
import { createRandom } from '@pawl/testing/simulation';
import { until } from '../fault/until.ts';
import { counter } from '../../packages/outbox/test/counter.machine.ts';
import { createDatabase, type Database } from './campaign-database.ts';
import { createPlace, type Place } from './crew.ts';
import { foldJournals, type TallyRow } from './fold-journals.ts';
import { tallies } from './tallies.ts';

/** How large a run is. */
export interface ProjectionRunSettings {
  readonly events: number;
  /** So that the run lasts for many kills. */
  readonly eventsPerSecond: number;
  /** Events wait for so many kills, spread evenly: a slow machine takes longer. */
  readonly killsMin: number;
  readonly actors: number;
  /** The projection is killed after a random time up to this, again and again. */
  readonly killWithinMs: number;
  readonly seed: string;
}

/** What a run saw; all of it has been checked. */
export interface ProjectionReport {
  readonly events: number;
  readonly kills: number;
  readonly rows: number;
  readonly seconds: number;
}

const REST_MAX_MS = 90_000;
/** Appends under way. */
const WINDOW = 256;
const SLOW_MS = 100;
const LOOKS_MAX = 2_000;
const AHEAD_MAX_MS = 20;
/** Actors that get events at a time. The rest have had their last, and nothing mends a lost row. */
const AT_A_TIME = 20;
/** A sixth of them rests, and has no row then. */
const REST_CHANCE = 0.05;
const WAKE_CHANCE = 0.25;

/** How often the projection was killed so far. */
interface Kills {
  count: number;
}

/** Appends events for actors at random: numbers, and rests, in which an actor has no row. */
const appendEvents = async (
  journal: Pick<Journal, 'append'>,
  ids: readonly string[],
  { events, eventsPerSecond, seed, killsMin }: ProjectionRunSettings,
  kills: Kills,
): Promise<void> => {
  const random = createRandom(seed);
  const startedAt = performance.now();
  const resting = new Set<string>();
  const under = new Set<Promise<unknown>>();
  for (let n = 0; n < events; n += 1) {
    const first = Math.floor((n / events) * (ids.length - AT_A_TIME));
    const pick = (): string => ids[first + random.integer(0, AT_A_TIME - 1)] ?? '';
    let id = pick();
    while (resting.has(id) && !random.isChance(WAKE_CHANCE)) id = pick();
    const isResting = resting.delete(id);
    const goesToRest = !isResting && random.isChance(REST_CHANCE);
    if (goesToRest) resting.add(id);
    const event = isResting ? { type: 'WAKE' } : goesToRest ? { type: 'REST' } : { type: 'ADD', n };
    const body = encodeBody(event);
    const append = journal.append({ type: 'counter', id, kindToken: 'event', body });
    under.add(append);
    void append.finally(() => under.delete(append)).catch(() => undefined);
    if (under.size >= WINDOW) await Promise.race(under);
    const aheadMs = startedAt + (n / eventsPerSecond) * 1_000 - performance.now();
    if (aheadMs > AHEAD_MAX_MS) await pause(aheadMs);
    // Not all of them: the projection needs something to do while it is to be killed.
    if (kills.count < Math.floor((n / events) * killsMin)) await pause(SLOW_MS);
  }
  await Promise.all(under);
};

/** Waits for a while until the projection is within a transaction. */
const untilWithin = async (client: Database['client']): Promise<void> => {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'pawl' AND state LIKE '%transaction'`,
    );
    if (rowCount !== 0) return;
  }
};

/** Kills the projection again and again, each time in the middle of its work. */
const strike = async (
  place: Place,
  { client }: Database,
  { seed, killWithinMs }: ProjectionRunSettings,
  kills: Kills,
  isOver: () => boolean,
): Promise<void> => {
  const random = createRandom(`${seed}/kills`);
  let before: string | undefined;
  const position = async (): Promise<string | undefined> =>
    (await client.query<{ revision: string }>('SELECT revision FROM pawl.projection')).rows[0]
      ?.revision;
  const hasMoved = async (): Promise<boolean> => isOver() || (await position()) !== before;
  while (!isOver()) {
    await until('the projection works', REST_MAX_MS, hasMoved);
    await pause(random.integer(0, killWithinMs));
    before = await position();
    await untilWithin(client);
    if (isOver()) break;
    place.strike();
    kills.count += 1;
  }
};

const rowsOf = async ({ client }: Database): Promise<readonly TallyRow[]> => {
  const { rows } = await client.query<TallyRow>('SELECT * FROM tallies ORDER BY id COLLATE "C"');
  return rows;
};

const untilTable = (database: Database, wanted: readonly TallyRow[]): Promise<void> =>
  until('the table is the fold of the journals', REST_MAX_MS, async () => {
    const rows = await rowsOf(database);
    return JSON.stringify(rows) === JSON.stringify(wanted);
  }).catch(async (error: unknown) => {
    assert.equal(await rowsOf(database), wanted, String(error));
  });

/** From nothing, and over a table that somebody has spoiled. */
const checkRebuilds = async (
  connection: Connection,
  database: Database,
  wanted: readonly TallyRow[],
): Promise<void> => {
  const { client } = database;
  const options = { connection, database: database.database, projection: tallies };
  await client.query('TRUNCATE tallies');
  await client.query('DELETE FROM pawl.projection');
  const fromNothing = await startProjection(options);
  await fromNothing.caughtUp();
  assert.equal(await rowsOf(database), wanted, 'from zero, page by page');
  await client.query('UPDATE tallies SET sum = -1 WHERE count % 3 = 0');
  await client.query('DELETE FROM tallies WHERE count % 3 = 1');
  await client.query(`INSERT INTO tallies VALUES ('ghost', 'counting', 0, 0, 0)`);
  await fromNothing.rebuild();
  assert.equal(await rowsOf(database), wanted, 'rebuilt in one transaction');
  await fromNothing.stop();
};

/** Runs it and checks it. Throws what was broken. */
export const runProjection = async (settings: ProjectionRunSettings): Promise<ProjectionReport> => {
  const startedAt = performance.now();
  const { events } = settings;
  const postgres = await startPostgres();
  const nats = await startNatsServer();
  const connection = await connect({ servers: nats.url, name: 'projection-run' });
  await provision(connection, { partitions: 4 });
  const host = await startHost({ connection, service: 'count', machines: { counter } });
  const database = await createDatabase(postgres.url, `projection_${process.pid}`, []);
  const ids = Array.from({ length: settings.actors }, (_, index) => `actor-${index}`);
  const births = ids.map((id) =>
    portsOf({ connection }).journal.append({
      ...{ type: 'counter', id, kindToken: 'create', body: encodeBody({ input: {} }) },
      headers: { [HEADER.version]: '1' },
    }),
  );
  await Promise.all(births);
  const place = createPlace({
    ...{ part: 'projection', servers: nats.url, database: database.url },
    ...{ attempts: 0, actors: 0, offset: 0, seed: 0 },
  });
  try {
    const kills: Kills = { count: 0 };
    let isOver = false;
    const striking = strike(place, database, settings, kills, () => isOver);
    const { journal } = portsOf({ connection });
    await appendEvents(journal, ids, settings, kills);
    await until(
      'the host is through',
      REST_MAX_MS,
      () => host.counters().entries >= events + ids.length,
    );
    isOver = true;
    await striking;
    const wanted = await foldJournals(connection, ids);
    await untilTable(database, wanted);
    await place.stop();
    await checkRebuilds(connection, database, wanted);
    const seconds = (performance.now() - startedAt) / 1000;
    return { events, kills: kills.count, rows: wanted.length, seconds };
  } finally {
    await place.stop();
    await host.stop();
    await database.client.end();
    await connection.close();
    await nats.stop();
    await postgres.stop();
  }
};
