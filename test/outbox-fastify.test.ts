// The guide's Fastify service: a request becomes an actor if and only if the transaction commits.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ORDERS } from '../examples/outbox/fastify/service.ts';
import { order } from '../examples/outbox/order.machine.ts';
import { until } from './fault/until.ts';
import { openShopWorld, type Program } from './shop/shop-world.ts';

const test = suite('outbox guide: Fastify');
const world = await openShopWorld();
let web: Program;
test.before(async () => {
  await world.pool.query(ORDERS);
  const words = [...process.execArgv, 'examples/outbox/fastify/main.ts'];
  web = await world.start(process.execPath, words, { PORT: '0' });
});
test.after(() => world.close());

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${web.firstLine}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const orderBy = async (customer: string, cents: number): Promise<string> => {
  const response = await post('/orders', { customer, cents });
  assert.is(response.status, 201);
  return ((await response.json()) as { id: string }).id;
};

const seen = (id: string, value: string) =>
  world.client.actor(order, id).waitFor((state) => state.value === value, { timeoutMs: 30_000 });

test('a request becomes an actor that charges', async () => {
  const id = await orderBy('ada', 1_250);
  const { context } = await seen(id, 'paid');
  assert.match(context.receipt ?? '', /^1250 cents of ada, order\//);
});

test('a transaction that rolls back sends nothing', async () => {
  const before = await world.pool.query('SELECT id FROM orders');
  const broken = await post('/orders', { customer: 'bob', cents: -1 }); // The table refuses it.
  assert.is(broken.status, 500);
  assert.match(await broken.text(), /orders_cents_check/);
  const invalid = await post('/orders', { customer: 'bob', cents: 'many' }); // No order takes it.
  assert.is(invalid.status, 500);
  assert.match(await invalid.text(), /input of order/);
  const id = await orderBy('cyd', 100);
  await seen(id, 'paid');
  const rows = await world.pool.query<{ id: string }>('SELECT id FROM orders');
  assert.is(rows.rowCount, (before.rowCount ?? 0) + 1);
  const actors: string[] = [];
  for await (const actor of world.client.list('order')) actors.push(actor.id);
  assert.equal(actors.toSorted(), rows.rows.map((row) => row.id).toSorted());
});

test('an event arrives, and the table of states joins the own one', async () => {
  const id = await orderBy('nobody', 300);
  await seen(id, 'refused');
  const cancelled = await post(`/orders/${id}/cancel`, {});
  assert.is(cancelled.status, 200);
  await seen(id, 'cancelled');
  await until('the table of states says cancelled', 30_000, async () => {
    const rows = (await (await fetch(`${web.firstLine}/orders`)).json()) as Row[];
    return rows.some((row) => row.id === id && row.state === 'cancelled');
  });
});

interface Row {
  readonly id: string;
  readonly state: string | null;
}

test('the programs of the guide end when they are told to', async () => {
  assert.is(await web.end(), 0);
});

test.run();
