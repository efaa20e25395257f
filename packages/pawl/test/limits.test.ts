// Limits against a real nats-server: fifty actors under four places, and the operator's commands.
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setup } from 'xstate';
import { openClient, startHost } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import { connect, permit, systemClock } from '../src/index.ts';
import type { Client, Connection, PermitGranted } from '../src/index.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const SCOPE = 'cloud/settings-7';
const LIMIT = 'cloud_-settings-7';
const COUNT = 50;

const types: { events: { type: 'DONE' } | PermitGranted<'slot'> } = { events: { type: 'DONE' } };

/** Works for a moment under a permit, or until it is told to go. */
const volume = setup({
  types: { ...types, context: {} as { readonly workMs: number }, input: {} as number },
  delays: { work: ({ context }) => context.workMs },
  actors: { slot: permit(SCOPE, { max: 4 }) },
}).createMachine({
  id: 'volume',
  version: '1',
  context: ({ input }) => ({ workMs: input }),
  initial: 'creating',
  states: {
    creating: {
      invoke: { id: 'slot', src: 'slot' },
      initial: 'queued',
      states: {
        queued: { on: { 'pawl.granted.slot': 'working' } },
        working: { after: { work: '#volume.ok' } },
      },
      on: { DONE: 'ok' },
    },
    ok: {},
  },
});

let server: NatsServer;
let connection: Connection;
let client: Client;
let stopAll: () => Promise<void>;

const run = async (
  ...words: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
  const terminal = createFakeTerminal({});
  const wall = { ...terminal, now: () => systemClock.now() };
  const code = await runProgram(words, wall, { server: server.url, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};

interface Shown {
  readonly held: number;
  readonly capacity: number;
  readonly waiting: number;
  readonly permits: readonly { readonly holder: { readonly id: string } }[];
}

const json = async <Result>(...words: string[]): Promise<Result> => {
  const { code, out, err } = await run('--json', ...words);
  assert.is(code, 0, err);
  return JSON.parse(out) as Result;
};

const test = suite('limits');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  const host = await startHost({ connection, service: 'volumes', machines: { volume } });
  client = openClient({ connection });
  stopAll = async () => {
    await client.close();
    await host.stop();
    await connection.close();
    await server.stop();
  };
});
test.after(() => stopAll());

test('fifty under four: never more at once, in the order of their requests', async () => {
  const ids = Array.from({ length: COUNT }, (_, index) => `vol-${index}`);
  await Promise.all(ids.map((id) => client.actor('volume', id).create(100)));
  await json('limits', 'set', SCOPE, '8');
  await Promise.all(
    ids.map((id) => client.actor('volume', id).waitFor(({ value }) => value === 'ok')),
  );
  // A request that is repeated when its actor is loaded is answered again, which is no new grant.
  const requests = new Set<string>();
  const grants = new Set<string>();
  const held = new Set<string>();
  let capacity = 4;
  const peaks = new Map<number, number>();
  for (const { event, by = '', body, effects } of await client.actor('limit', LIMIT).history()) {
    if (event === 'pawl.acquire') requests.add(by);
    if (event === 'pawl.release') held.delete(by);
    if (event === 'set-capacity') capacity = Number((body as { capacity: number }).capacity);
    for (const effect of effects)
      if (effect.kind === 'peer' && effect.event.type === 'pawl.granted') {
        const holder = `${effect.to.type}/${effect.to.id}`;
        grants.add(holder);
        held.add(holder);
      }
    assert.ok(held.size <= capacity, `${held.size} hold one of ${capacity}`);
    peaks.set(capacity, Math.max(peaks.get(capacity) ?? 0, held.size));
  }
  assert.is(grants.size, COUNT);
  assert.equal([...grants], [...requests], 'granted in the order of the requests');
  assert.is(peaks.get(8), 8);
  assert.is(held.size, 0);
  assert.equal(await json('limits', 'audit'), []);
});

test('ls, show, set, release and audit', async () => {
  await json('limits', 'set', SCOPE, '--declared');
  for (const id of ['a', 'b', 'c', 'd', 'e']) await client.actor('volume', id).create(600_000);
  const until = async (waiting: number): Promise<Shown> => {
    for (;;) {
      const shown = await json<Shown>('limits', 'show', SCOPE);
      if (shown.waiting === waiting) return shown;
    }
  };
  const shown = await until(1);
  assert.equal([shown.held, shown.capacity], [4, 4]);
  assert.equal(
    shown.permits.map(({ holder }) => holder.id),
    ['a', 'b', 'c', 'd', 'e'],
  );
  const [listed] = await json<readonly Shown[]>('limits', 'ls');
  assert.is(listed?.waiting, 1);
  const state = await run('get', 'volume', 'e');
  assert.match(
    state.out.replaceAll('\n', ' '),
    /permit cloud\/settings-7, behind volume\/a, waiting, since/,
  );
  assert.match(
    (await run('stuck', '--older', '0s')).out,
    /permit cloud\/settings-7, behind volume\/a/,
  );
  // Released though it still wants it: the audit has nothing against a holder that says it holds.
  await json('limits', 'release', SCOPE, 'volume/b', '--yes', '--why', 'a test');
  await until(0);
  await client.actor('volume', 'a').send({ type: 'DONE' });
  assert.equal(await json('limits', 'audit', SCOPE), []);
});

/** A request in the name of an actor, as a journal has it that lost what came after. */
const request = (type: string, id: string): void => {
  const from = { type, id, sequence: 1, n: 0 };
  const event = {
    type: 'pawl.acquire',
    scope: SCOPE,
    max: 4,
    path: 'slot',
    generation: '1-0-lost',
  };
  connection.nats.publish(`pawl.in.peer.limit.${LIMIT}`, JSON.stringify({ from, event }));
};

test('the audit names permits that nobody holds, and gives them back when told to', async () => {
  interface Found {
    readonly holder: { readonly id: string };
    readonly why: string;
  }
  const audit = async (...words: string[]): Promise<string[]> =>
    (await json<readonly Found[]>('--timeout', '3s', 'limits', 'audit', SCOPE, ...words)).map(
      ({ holder, why }) => `${holder.id} ${why}`,
    );
  await client.actor('volume', 'c').send({ type: 'DONE' });
  // Paused, it does not hear of the grant and so does not give it back by itself.
  await json('pause', 'volume', 'c');
  request('volume', 'c');
  request('ghost', 'g');
  const heldBy = async (): Promise<string[]> =>
    (await json<Shown>('limits', 'show', SCOPE)).permits.map(({ holder }) => holder.id);
  while ((await heldBy()).length < 4) await connection.nats.flush();
  assert.equal(await heldBy(), ['d', 'e', 'c', 'g']);
  const expected = ['c does not want it', 'g nobody answers'];
  assert.equal(await audit(), expected);
  assert.equal(await heldBy(), ['d', 'e', 'c', 'g'], 'looking changes nothing');
  assert.equal(await audit('--fix'), expected);
  assert.equal(await heldBy(), ['d', 'e', 'g'], 'what nobody can tell is left alone');
  await json('limits', 'release', SCOPE, 'ghost/g', '--yes');
  assert.equal(await audit(), []);
});

test('the audit leaves a holder alone that no host at hand can fold on', async () => {
  interface Found {
    readonly holder: { readonly id: string };
    readonly why: string;
  }
  const stuck = client.actor('volume', 'stuck');
  await stuck.create(60_000);
  await stuck.send({ type: 'DONE' });
  interface State {
    readonly bornAt: number;
    readonly parked?: object;
  }
  const look = (): Promise<State> => json<State>('get', 'volume', 'stuck');
  const { bornAt } = await look();
  // A host with version 2 may have folded it again, and asked for the permit.
  const order = { type: 'fold-again', by: 'test', version: '2', bornAt, held: [] };
  connection.nats.publish('pawl.in.admin.volume.stuck', JSON.stringify(order));
  while ((await look()).parked === undefined) await connection.nats.flush();
  request('volume', 'stuck');
  const heldBy = async (): Promise<string[]> =>
    (await json<Shown>('limits', 'show', SCOPE)).permits.map(({ holder }) => holder.id);
  while (!(await heldBy()).includes('stuck')) await connection.nats.flush();
  const audit = await json<readonly Found[]>('limits', 'audit', SCOPE, '--fix');
  assert.equal(
    audit.map(({ holder, why }) => `${holder.id} ${why}`),
    ['stuck parked'],
  );
  assert.ok((await heldBy()).includes('stuck'));
  await json('limits', 'release', SCOPE, 'volume/stuck', '--yes');
});

test('bad words are refused, with what is allowed', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['limits', 'show', 'cloud/other'], /Nobody has asked.*cloud\/settings-7/],
    [['limits', 'show', 'a b'], /no scope of a limit/],
    [['limits', 'set', SCOPE, '0'], /whole number of at least 1/],
    [['limits', 'set', SCOPE], /either <max> or --declared/],
    [['limits', 'release', SCOPE, 'volume', '--yes'], /no holder/],
    [['limits', 'release', SCOPE, 'volume/zz', '--yes'], /neither holds nor waits/],
  ];
  for (const [words, expected] of cases) {
    const { code, err } = await run(...words);
    assert.is.not(code, 0, words.join(' '));
    assert.match(err, expected, words.join(' '));
  }
  assert.match((await run('limits', '--help')).out, /pawl limits audit --fix/);
});

test.run();
