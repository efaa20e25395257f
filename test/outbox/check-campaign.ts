// What the journals and the table must say after a campaign.
import { decodeBody, type EventBody } from '@pawl/core';
import { openClient, portsOf, type Connection } from 'pawl';
import * as assert from 'uvu/assert';
import type { Database } from './campaign-database.ts';
import { counter } from '../../packages/outbox/test/counter.machine.ts';

interface Written {
  readonly attempt: string;
  readonly position: number;
  readonly n: string;
}

/** Pairs of attempts of which the first had committed before the second began, both of an actor. */
const ORDER = `
SELECT e.n AS earlier, l.n AS later FROM written e JOIN written l
  ON e.actor = l.actor AND pg_visible_in_snapshot(e.xid, l.began)
WHERE e.actor = $1`;

const writtenOf = async ({ client }: Database, id: string): Promise<readonly Written[]> => {
  const { rows } = await client.query<Written>(
    'SELECT attempt, position, n FROM written WHERE actor = $1 ORDER BY attempt, position',
    [id],
  );
  return rows;
};

/** Holds the journal of each actor against what was committed. Returns how many events. */
export const checkJournals = async (
  connection: Connection,
  databases: readonly Database[],
  actors: readonly string[],
): Promise<number> => {
  const { journal } = portsOf({ connection });
  const reader = openClient({ connection });
  let events = 0;
  for (const id of actors) {
    const entries = await journal.read({ type: 'counter', id });
    const seen = entries
      .filter(({ kindToken }) => kindToken === 'event')
      .map(({ body }) => Number((decodeBody(body) as EventBody)['n']));
    const places = new Map(seen.map((n, index) => [n, index]));
    const all = (await Promise.all(databases.map((each) => writtenOf(each, id)))).flat();
    assert.equal(
      seen.toSorted((left, right) => left - right),
      all.map(({ n }) => Number(n)).toSorted((left, right) => left - right),
      `${id} has exactly the committed events, each once`,
    );
    for (const [index, row] of all.entries()) {
      const next = all[index + 1];
      if (next?.attempt === row.attempt && next.position > row.position)
        assert.ok(place(places, row.n) < place(places, next.n), `${id}: statement order`);
    }
    for (const { client } of databases) {
      const { rows: pairs } = await client.query<{ earlier: string; later: string }>(ORDER, [id]);
      for (const { earlier, later } of pairs)
        assert.ok(place(places, earlier) < place(places, later), `${id}: ${earlier}, ${later}`);
    }
    const { context } = await reader.actor(counter, id).load();
    assert.is(context.count, all.length, `${id} counted each event once`);
    events += all.length;
  }
  await reader.close();
  return events;
};

const place = (places: ReadonlyMap<number, number>, n: string): number =>
  places.get(Number(n)) ?? Number.NaN;

/** The table is the fold of the journals, as the hosts answer it. */
export const checkTable = async (
  connection: Connection,
  { client }: Database,
  actors: readonly string[],
): Promise<void> => {
  const reader = openClient({ connection });
  const endsAt = performance.now() + 30_000;
  for (const id of actors) {
    const { context, value, sequence } = await reader.actor(counter, id).load();
    const wanted = { state: value, count: context.count, sum: String(context.sum), sequence };
    for (;;) {
      const { rows } = await client.query('SELECT * FROM tallies WHERE id = $1', [id]);
      const found = rows[0] as { id: string; sequence: string } | undefined;
      if (Number(found?.sequence) === sequence || performance.now() > endsAt) {
        assert.equal(found, { id, ...wanted, sequence: String(sequence) });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await reader.close();
};
