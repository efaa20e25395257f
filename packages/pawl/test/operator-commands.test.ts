// The operator's commands against a real nats-server: orders, filters, stuck, dead letters.
import type { HistoryEntry, StateView } from '@pawl/core';
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { openClient, startHost } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import {
  command,
  connect,
  portsOf,
  systemClock,
  type Client,
  type Connection,
} from '../src/index.ts';
import { createFakeTerminal, type FakeTerminalOptions } from './fake-terminal.ts';

const createDisk = command({
  name: 'create-disk',
  service: 'disks',
  input: z.object({}),
  output: z.object({ backendId: z.string() }),
});

const types = {} as {
  context: { backendId: string; size: number };
  events: { type: 'GROW'; by?: number } | { type: 'FORGET' };
};

const diskOf = (version: string, isMended: boolean): AnyStateMachine =>
  setup({
    types,
    actors: { createDisk },
    guards: {
      isSound: ({ event }) => {
        if (!isMended && event.type === 'GROW' && event.by === undefined)
          throw new Error('grow by what?');
        return true;
      },
    },
  }).createMachine({
    id: 'disk',
    version,
    initial: 'creating',
    context: { backendId: '', size: 1 },
    states: {
      creating: {
        invoke: {
          id: 'create',
          src: 'createDisk',
          input: () => ({}),
          onDone: {
            target: 'ok',
            actions: assign({ backendId: ({ event }) => event.output.backendId }),
          },
          onError: 'erred',
        },
      },
      ok: {
        on: {
          GROW: {
            guard: 'isSound',
            actions: assign({ size: ({ context, event }) => context.size + (event.by ?? 1) }),
          },
        },
      },
      erred: { on: { FORGET: 'gone' } },
      gone: { type: 'final' },
    },
  });

let server: NatsServer;
let connection: Connection;
let client: Client;
let stopAll: () => Promise<void>;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const runWith = async (options: FakeTerminalOptions, ...words: string[]): Promise<Ran> => {
  const terminal = createFakeTerminal(options);
  const wall = { ...terminal, now: () => systemClock.now() };
  const code = await runProgram(words, wall, { server: server.url, version: '1' });
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};
const run = (...words: string[]): Promise<Ran> => runWith({}, ...words);

const json = async <Result>(...words: string[]): Promise<Result> => {
  const { code, out, err } = await run('--json', ...words);
  assert.is(code, 0, err);
  return JSON.parse(out) as Result;
};

/** A disk that somebody says is created. */
const makeDisk = async (id: string, version: string = '1'): Promise<void> => {
  await client.actor('disk', id).create(undefined, { version });
  await json('inject', 'disk', id, '--path', 'create', '--output', '{"backendId":"b-1"}');
};

/** A disk that is faulted. */
const breakDisk = async (id: string): Promise<void> => {
  await makeDisk(id);
  assert.is((await run('send', 'disk', id, 'GROW')).code, 1);
};

const test = suite('operator commands');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  const machines = { disk: [diskOf('1', false), diskOf('2', true)] };
  const host = await startHost({ connection, service: 'disks', machines });
  client = openClient({ connection });
  stopAll = async () => {
    await client.close();
    await host.stop();
    await connection.close();
    await server.stop();
  };
});

test.after(() => stopAll());

test('inject: outputs, errors and events; the history has who and why', async () => {
  await makeDisk('a-1');
  const grown = await json<StateView>(
    'inject',
    'disk',
    'a-1',
    'GROW',
    'by=4',
    '--why',
    'by phone',
    '--by',
    'grace',
  );
  assert.is(grown.context['size'], 5);
  assert.is(grown.context['backendId'], 'b-1');
  const history = await json<HistoryEntry[]>('history', 'disk', 'a-1');
  assert.is(history.at(-1)?.by, 'grace');
  assert.is((history.at(-1)?.body as { readonly why?: string } | undefined)?.why, 'by phone');
  await client.actor('disk', 'a-2').create(undefined);
  const failed = await run('inject', 'disk', 'a-2', '--path', 'create', '--error', 'no quota');
  assert.is(failed.code, 0, failed.err);
  assert.match(failed.out, /^state\terred$/m);
  const wrong = await run('inject', 'disk', 'a-1', '--path', 'nothing', '--output', '{}');
  assert.is(wrong.code, 1);
  assert.match(wrong.err, /not-pending/);
  assert.is((await run('inject', 'disk', 'a-1')).code, 2);
  assert.is((await run('inject', 'disk', 'a-1', '--path', 'create')).code, 2);
});

test('retry: a faulted actor, and all of them by a filter that asks first', async () => {
  for (const id of ['r-1', 'r-2', 'r-3']) await breakDisk(id);
  const one = await json<StateView>('retry', 'disk', 'r-1');
  assert.is(one.status, 'active');
  const filter = ['retry', '--type', 'disk', '--status', 'faulted', '--why', 'mended'];
  const unasked = await run(...filter);
  assert.is(unasked.code, 2);
  assert.match(unasked.err, /retry 2 actors\?.*--yes/s);
  assert.match((await runWith({ answer: 'n' }, ...filter)).out, /nothing done/);
  assert.is((await json<StateView>('get', 'disk', 'r-2')).status, 'faulted');
  const young = await json<unknown[]>(...filter, '--older', '1h', '--yes');
  assert.equal(young, []);
  const { code, out, err } = await runWith({ answer: 'y' }, ...filter);
  assert.is(code, 0, err);
  assert.match(err, /disk\tr-2\tok\tfaulted/);
  assert.match(out, /disk\tr-2\tapplied\tok/);
  assert.match(out, /disk\tr-3\tapplied\tok/);
  assert.is((await json<StateView>('get', 'disk', 'r-3')).status, 'active');
});

test('a filter: each result is shown, and one that refused makes the exit code 1', async () => {
  await makeDisk('f-1');
  await client.actor('disk', 'f-2').create(undefined);
  await json('inject', 'disk', 'f-2', '--path', 'create', '--error', 'x');
  const { code, out, err } = await run('inject', '--type', 'disk', 'FORGET', '--yes');
  assert.is(code, 1);
  assert.match(out, /disk\tf-1\trefused.*event-refused/);
  assert.match(out, /disk\tf-2\tapplied\tgone/);
  assert.match(err, /did not take the order to inject/);
  assert.is((await run('retry', '--state', 'ok')).code, 2);
});

test('pause and resume', async () => {
  await makeDisk('p-1');
  await json('pause', 'disk', 'p-1', '--why', 'maintenance');
  const { journal } = portsOf({ connection });
  const body = new TextEncoder().encode('{"type":"GROW","by":3}');
  await journal.append({ type: 'disk', id: 'p-1', kindToken: 'event', body });
  const paused = await json<StateView>('get', 'disk', 'p-1');
  assert.is(paused.parked?.code, 'paused');
  assert.is(paused.context['size'], 1);
  assert.match((await run('ls', 'disk')).out, /p-1\tok\tparked/);
  const refused = await run('retry', 'disk', 'p-1');
  assert.match(refused.err, /actor-parked.*Resume it first/s);
  const resumed = await json<StateView>('resume', 'disk', 'p-1');
  assert.is(resumed.context['size'], 4);
});

test('fold-again: the newest machine mends what faulted', async () => {
  await breakDisk('m-1');
  const state = await json<StateView>('fold-again', 'disk', 'm-1', '--why', 'version 2 knows');
  assert.is(state.version, '2');
  assert.is(state.status, 'active');
  assert.is(state.context['size'], 2);
  const missing = await run('fold-again', 'disk', 'm-1', '--to', '9');
  assert.match(missing.err, /version-missing.*1, 2/s);
});

test('set-state and unlink, which asks', async () => {
  await client.actor('disk', 's-1').create(undefined);
  const state = await json<StateView>('set-state', 'disk', 's-1', 'ok', 'backendId=by-hand');
  assert.is(state.value, 'ok');
  assert.is(state.context['backendId'], 'by-hand');
  const wrong = await run('set-state', 'disk', 's-1', 'okay');
  assert.match(wrong.err, /invalid-state.*creating, ok, erred, gone/s);
  assert.match((await runWith({ answer: '' }, 'unlink', 'disk', 's-1')).out, /nothing done/);
  const ended = await json<StateView>('unlink', 'disk', 's-1', '--yes');
  assert.is(ended.status, 'done');
  assert.match((await run('unlink', 'disk', 's-1', '--yes')).err, /actor-ended/);
});

test('stuck: a command without a worker, a fault, a pause', async () => {
  await client.actor('disk', 'w-1').create(undefined);
  await breakDisk('w-2');
  await makeDisk('w-3');
  await json('pause', 'disk', 'w-3');
  const { out } = await run('stuck', '--older', '0s', '--type', 'disk');
  assert.match(
    out,
    /disk\tw-1\tcreating\t.*worker disks \(regular\)\tdisks.create-disk, attempt 1/,
  );
  assert.match(out, /disk\tw-2\tok\t.*operator \(retry, fold-again\)\tfaulted at entry/);
  assert.match(out, /disk\tw-3\tok\t.*operator \(resume\)/);
  assert.is((await run('stuck', '--older', '1h')).out.includes('w-1'), false);
});

test('dead letters: listed, shown, sent again and thrown away', async () => {
  await client.actor('disk', 'd-1').create(undefined);
  const { journal, deadLetters } = portsOf({ connection });
  const post = async (text: string): Promise<string> => {
    const body = new TextEncoder().encode(text);
    const { sequence } = await journal.append({
      type: 'disk',
      id: 'd-1',
      kindToken: 'event',
      body,
    });
    const id = `journal-${sequence}`;
    while ((await deadLetters.load(id)) === undefined) await client.actor('disk', 'd-1').load();
    return id;
  };
  const early = await post('{"type":"GROW","by":7}');
  const bad = await post('no json');
  const { out } = await run('dead-letters', 'ls', '--type', 'disk');
  assert.match(out, new RegExp(`${early}\\tdisk/d-1\\t.*event-refused`));
  assert.match((await run('dead-letters', 'show', bad)).out, /invalid-body/);
  const refused = await run('dead-letters', 'redrive', early);
  assert.is(refused.code, 1);
  assert.match(refused.out, /refused\tevent-refused/);
  await json('set-state', 'disk', 'd-1', 'ok');
  await json('dead-letters', 'redrive', early);
  assert.is((await json<StateView>('get', 'disk', 'd-1')).context['size'], 8);
  assert.match((await run('dead-letters', 'redrive', early)).out, /no-such-letter/);
  assert.match((await run('dead-letters', 'redrive', bad)).out, /invalid-body/);
  await json('dead-letters', 'discard', bad, '--why', 'a typo');
  assert.equal(await json('dead-letters', 'ls', '--type', 'disk'), []);
  const history = await json<HistoryEntry[]>('history', 'disk', 'd-1');
  assert.ok(
    history.some(({ body }) => (body as { readonly why?: string } | undefined)?.why === 'a typo'),
  );
  assert.is((await run('dead-letters', 'discard')).code, 2);
});

test.run();
