// The guide's Django site: models that send by a signal and by a trigger; no Node in its process.
// Left out where there is no Python.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { order } from '../examples/outbox/order.machine.ts';
import { until } from './fault/until.ts';
import { openPython } from './python.ts';
import { openAdmin, type Admin } from './shop/django-admin.ts';
import { openShopWorld, type ShopWorld } from './shop/shop-world.ts';

const test = suite('outbox guide: Django');
const DJANGO = 'examples/outbox/django';
const python = await openPython(`${DJANGO}/requirements.txt`, '3.10');
const serve = python === undefined ? test.skip : test;
const run = promisify(execFile);

let world: ShopWorld;
let site: string;
let admin: Admin;

/** Runs one of Django's commands to its end. */
const manage = (...words: string[]): Promise<unknown> =>
  run(python ?? '', [`${DJANGO}/manage.py`, ...words], {
    env: { ...world.environment, DJANGO_SUPERUSER_PASSWORD: 'secret' },
  });

test.before(async () => {
  if (python === undefined) return;
  world = await openShopWorld();
  await manage('migrate');
  const names = ['--username', 'ada', '--email', 'ada@example.org'];
  await manage('createsuperuser', '--noinput', ...names);
  const port = await freePort();
  const words = ['-u', `${DJANGO}/manage.py`, 'runserver', '--noreload', `127.0.0.1:${port}`];
  await world.start(python, words);
  site = `http://127.0.0.1:${port}`;
  admin = await openAdmin(site, 'ada', 'secret');
});
test.after(() => world?.close());

const seen = (id: string, value: string) =>
  world.client.actor(order, id).waitFor((state) => state.value === value, { timeoutMs: 30_000 });

const idOf = async (table: string, customer: string): Promise<string> => {
  const found = await world.pool.query<{ id: string }>(
    `SELECT id FROM ${table} WHERE customer = $1`,
    [customer],
  );
  assert.is(found.rows.length, 1, `${table} has one order of ${customer}`);
  return found.rows[0]?.id ?? '';
};

const post = (body: object): Promise<Response> =>
  fetch(`${site}/orders`, { method: 'POST', body: JSON.stringify(body) });

serve('a request becomes an actor, by the signal of the model', async () => {
  const response = await post({ customer: 'bob', cents: 500 });
  assert.is(response.status, 201);
  const { id } = (await response.json()) as { id: string };
  const { context } = await seen(id, 'paid');
  assert.match(context.receipt ?? '', /^500 cents of bob/);
  await until('the table of states says paid', 30_000, async () => {
    const rows = (await (await fetch(`${site}/orders`)).json()) as Record<string, unknown>[];
    return rows.some((row) => row['id'] === id && row['state'] === 'paid');
  });
});

serve('a transaction that rolls back sends nothing', async () => {
  assert.is((await post({ customer: 'eve', cents: 0 })).status, 400);
  await admin.add('order', { customer: 'fay', cents: '10' });
  await seen(await idOf('shop_order', 'fay'), 'paid');
  const rows = await world.pool.query<{ id: string }>('SELECT id FROM shop_order');
  assert.is(rows.rowCount, 2, 'of bob and fay');
  const actors: string[] = [];
  for await (const actor of world.client.list('order')) actors.push(actor.id);
  assert.equal(actors.toSorted(), rows.rows.map(({ id }) => id).toSorted());
});

for (const [model, how] of [
  ['order', 'the signal'],
  ['phoneorder', 'the trigger'],
] as const)
  serve(`what an administrator saves arrives by ${how}`, async () => {
    const customer = `gus by ${model}`;
    await admin.add(model, { customer, cents: '70' });
    const id = await idOf(`shop_${model}`, customer);
    await seen(id, 'paid');
    await admin.change(model, id, { customer, cents: '70', is_cancelled: 'on' });
    await seen(id, 'cancelled');
  });

serve('a save outside of any transaction is one of its own', async () => {
  await manage(
    ...['shell', '-c'],
    'from shop.models import Order; Order.objects.create(customer="hal", cents=5)',
  );
  await seen(await idOf('shop_order', 'hal'), 'paid');
});

serve('a trigger also tells what other programs write, many rows at once', async () => {
  await world.pool.query(
    `INSERT INTO shop_phoneorder (id, customer, cents, is_cancelled)
     SELECT gen_random_uuid(), 'ida ' || n, n, false FROM generate_series(1, 3) n`,
  );
  for (const n of [1, 2, 3]) await seen(await idOf('shop_phoneorder', `ida ${n}`), 'paid');
});

test.run();
