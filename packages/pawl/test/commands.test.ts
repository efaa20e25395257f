// Every command against a real nats-server, with a host and a worker in this process.
import { startNatsServer, type NatsServer } from '@pawl/nats-server';
import type { HistoryEntry, StateView } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openClient, startHost, startWorker } from '../src/bind.ts';
import { runProgram } from '../src/cli/program.ts';
import { connect, portsOf, type Client, type Connection } from '../src/index.ts';
import {
  createFakeTerminal,
  type FakeTerminal,
  type FakeTerminalOptions,
} from './fake-terminal.ts';
import { tasks, volume } from './volume.machine.ts';

let server: NatsServer;
let connection: Connection;
let client: Client;
let stopAll: () => Promise<void>;

const start = (terminal: FakeTerminal, ...words: string[]): Promise<number> =>
  runProgram(words, terminal, { server: server.url, version: '1' });

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const runWith = async (options: FakeTerminalOptions, ...words: string[]): Promise<Ran> => {
  const terminal = createFakeTerminal(options);
  const code = await start(terminal, ...words);
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
};
const run = (...words: string[]): Promise<Ran> => runWith({}, ...words);

/** Runs with --json; fails when the command did. */
const json = async <Result>(...words: string[]): Promise<Result> => {
  const { code, out, err } = await run('--json', ...words);
  assert.is(code, 0, err);
  return JSON.parse(out) as Result;
};

/** Creates a volume and waits until it is ok. */
const makeVolume = async (id: string): Promise<void> => {
  const { code, err } = await run('create', 'volume', id, 'name=data', 'sizeGiB=20');
  assert.is(code, 0, err);
  await client.actor(volume, id).waitFor((state) => state.matches('ok'));
};

const test = suite('commands');

test.before(async () => {
  server = await startNatsServer();
  connection = await connect({ servers: server.url });
  const host = await startHost({ connection, service: 'storage', machines: { volume } });
  const worker = await startWorker({ connection, service: 'storage', tasks });
  client = openClient({ connection });
  stopAll = async () => {
    await client.close();
    await worker.stop();
    await host.stop();
    await connection.close();
    await server.stop();
  };
});

test.after(() => stopAll());

test('create, get, send: the state, as JSON, in a pipe and in a terminal', async () => {
  const created = await json<StateView>('create', 'volume', 'a-1', '{"name":"x","sizeGiB":1}');
  assert.is(created.value, 'creating');
  assert.equal(created.waitingFor.map(({ what }) => what).toSorted(), ['command', 'timer']);
  await makeVolume('a-2');
  const state = await json<StateView>('send', 'volume', 'a-2', 'EXTEND', 'sizeGiB=40');
  assert.is(state.context['sizeGiB'], 40);
  const pipe = await run('get', 'volume', 'a-2');
  assert.match(pipe.out, /^state\tok$/m);
  assert.match(pipe.out, /^accepts\tDELETE, EXTEND|^accepts\tEXTEND, DELETE/m);
  const pretty = await runWith({ isPretty: true }, 'get', 'volume', 'a-2');
  assert.match(pretty.out, /^volume\/a-2 {2}ok\n {2}status/);
});

test('create takes JSON from stdin, and is harmless twice when told so', async () => {
  const input = '{"name":"in","sizeGiB":2}';
  assert.is((await runWith({ input }, 'create', 'volume', 'b-1', '-')).code, 0);
  const twice = await run('create', 'volume', 'b-1', 'name=in', 'sizeGiB=2');
  assert.is(twice.code, 1);
  assert.match(twice.err, /^error actor-exists: .*--if-exists return/);
  const again = await run(
    'create',
    'volume',
    'b-1',
    'name=o',
    'sizeGiB=9',
    '--if-exists',
    'return',
  );
  assert.is(again.code, 0);
  assert.match(again.out, '"name":"in"');
});

test('a create that was refused leaves its id free', async () => {
  const refused = await run('create', 'volume', 'b-2', 'name=1');
  assert.match(refused.err, /^error invalid-input: /);
  const created = await json<StateView>('create', 'volume', 'b-2', 'name=in', 'sizeGiB=2');
  assert.is(created.context['name'], 'in');
  const twice = await run('create', 'volume', 'b-2', 'name=in', 'sizeGiB=2');
  assert.match(twice.err, /^error actor-exists: /);
  const again = await run('fold-again', 'volume', 'b-2');
  assert.is(again.code, 0, again.err);
  const replayed = await run('replay', 'volume', 'b-2');
  assert.is(replayed.code, 0, replayed.err + replayed.out);
  assert.match(replayed.out, /refused: invalid-input/);
});

test('what is refused says why, what there is and what was meant', async () => {
  await makeVolume('c-1');
  const cases: readonly (readonly [words: readonly string[], code: number, said: RegExp])[] = [
    [
      ['create', 'volum', 'x'],
      1,
      /^error unknown-type: .*Did you mean volume\? .*job, limit, schedule, volume/,
    ],
    [['send', 'volum', 'x', 'E'], 1, /^error unknown-type: /],
    [['ls', 'volum'], 1, /^error unknown-type: /],
    [['send', 'volume', 'c-1', 'EXTND'], 1, /^error unknown-event: .*Did you mean EXTEND\?/],
    [['send', 'volume', 'c-1', 'EXTEND'], 1, /^error invalid-event: .*sizeGiB/],
    [['create', 'volume', 'c-2', 'name=1'], 1, /^error invalid-input: .*name.*sizeGiB/],
    [['get', 'volume', 'none'], 1, /^error no-such-actor: volume\/none/],
    [['send', 'volume', 'none', 'DELETE'], 1, /^error no-such-actor: /],
    [['get', 'volume', 'a b'], 2, /^error invalid-id: Actor id "a b"/],
    [['run', 'storage.ad', 'x=1'], 1, /^error task-missing: .*Did you mean storage\.add\?/],
    [['run', 'add'], 2, /^error usage: .*<service>\.<task>/],
  ];
  for (const [words, code, said] of cases) {
    const ran = await run(...words);
    assert.is(ran.code, code, `${words.join(' ')}: ${ran.err}`);
    assert.match(ran.err, said);
    assert.is(ran.out, '');
  }
  assert.is((await run('send', 'volume', 'c-1', 'DELETE')).code, 0);
  assert.match((await run('send', 'volume', 'c-1', 'DELETE')).err, /^error actor-ended: /);
});

test('ls: by type, state, tag and limit', async () => {
  await makeVolume('d-1');
  await makeVolume('d-2');
  await run('send', 'volume', 'd-2', 'DELETE');
  const ids = async (...words: string[]): Promise<string[]> =>
    (await json<{ id: string }[]>('ls', ...words)).map(({ id }) => id);
  assert.ok((await ids()).includes('d-1'));
  const ok = await ids('volume', '--state', 'ok');
  assert.ok(ok.includes('d-1') && !ok.includes('d-2'), ok.join(' '));
  assert.ok((await ids('volume', '--state', 'gone')).includes('d-2'));
  assert.ok((await ids('volume', '--tag', 'settled')).includes('d-1'));
  assert.is((await ids('volume', '--limit', '1')).length, 1);
  const pipe = await run('ls', 'volume', '--state', 'ok');
  const [header, first = ''] = pipe.out.split('\n');
  assert.is(header, 'TYPE\tID\tSTATE\tSTATUS\tTAGS\tSINCE\tVERSION\tSEQUENCE');
  assert.is(first.split('\t').length, 8);
});

test('history and replay: what each entry did, and that it comes to the same', async () => {
  await makeVolume('e-1');
  await run('send', 'volume', 'e-1', 'NOPE');
  const entries = await json<HistoryEntry[]>('history', 'volume', 'e-1');
  assert.equal(
    entries.map(({ event }) => event),
    ['create', 'create-volume done', 'NOPE'],
  );
  const pipe = await run('history', 'volume', 'e-1');
  assert.match(pipe.out, 'create\tada\tcreate\t– → creating\tcommand storage.create-volume');
  assert.match(pipe.out, /refused: unknown-event/);
  for (const more of [[], ['--machines', 'packages/pawl/test/volume.machine.ts']]) {
    const replay = await json<{ entries: HistoryEntry[]; check: unknown }>(
      ...['replay', 'volume', 'e-1', ...more],
    );
    assert.equal(replay.entries, entries);
    assert.equal(replay.check, { sequence: entries.at(-1)?.sequence, differences: [] });
  }
  const pretty = await runWith({ isPretty: true }, 'replay', 'volume', 'e-1');
  assert.match(pretty.out, "3 entries; the replay comes to the host's state");
});

test('watch: states and entries as they come', async () => {
  const terminal = createFakeTerminal();
  const watching = start(terminal, 'watch', 'volume', 'f-1', '--entries');
  // Subscribed once its connection is there: an entry that nobody takes tells.
  const { bus, subjects } = portsOf({ connection });
  const probe = new TextEncoder().encode('{"type":"PROBE"}');
  const seen = terminal.line(/\+ event PROBE/);
  let isSeen = false;
  void seen.then(() => (isSeen = true));
  while (!isSeen) {
    bus.publish(subjects.entry('event', { type: 'volume', id: 'f-1' }), probe);
    await bus.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is((await run('create', 'volume', 'f-1', 'name=w', 'sizeGiB=1')).code, 0);
  await terminal.line(/volume\/f-1\t\+ create\t/);
  await terminal.line(/volume\/f-1\tcreating → ok\t/);
  terminal.interrupt();
  assert.is(await watching, 0);
});

test('run: a task as a job', async () => {
  assert.equal(await json('run', 'storage.add', 'x=2', 'y=3'), { output: { sum: 5 } });
  const refused = await run('run', 'storage.create-volume', 'name=x', 'sizeGiB=1');
  assert.match(refused.err, /^error not-a-job: /);
});

test('provision: says what it did, and what differs', async () => {
  const done = await json<{ created: string[]; partitions: number }>('provision');
  assert.equal([done.created, done.partitions], [[], 32]);
  assert.match((await run('provision', '--check')).out, 'nothing differs');
  const other = await run('provision', '--partitions', '8');
  assert.is(other.code, 1);
  assert.match(other.err, /^error topology-mismatch: .*PAWL_JOURNAL/);
  const elsewhere = await run('provision', '--check', '--prefix', 'other');
  assert.is(elsewhere.code, 1);
  assert.match(elsewhere.out, 'missing OTHER_JOURNAL');
});

test('without streams each command says who creates them', async () => {
  for (const words of [['ls'], ['get', 'volume', 'x'], ['create', 'volume', 'x'], ['run', 'a.b']]) {
    const { code, err } = await run(...words, '--prefix', 'nobody');
    assert.is(code, 1, words.join(' '));
    assert.match(err, /^error topology-mismatch: .*NOBODY_JOURNAL.*`pawl provision`/);
  }
});

test.run();
