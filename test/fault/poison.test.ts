// An entry that ends or blocks every host process that folds it, on a real nats-server: after a few
// takeovers its actor is faulted, and the others of the partition go on.
// Time limit: 240 s
import { decodeState, encodeBody } from '@pawl/core';
import { connect, openClient, portsOf, provision, startNatsServer, type ActorHandle } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fuse } from '../scenario/fuse.machine.ts';
import { startWatchdog } from '../system/fuse-watchdog.ts';

const test = suite('poison');
const LOOK_EVERY_MS = 100;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));

for (const how of ['exit', 'loop'] as const)
  test(`a guard that ${how === 'exit' ? 'ends its process' : 'loops for ever'}`, async () => {
    const server = await startNatsServer();
    const connection = await connect({ servers: server.url });
    await provision(connection, { partitions: 1 });
    const watchdog = await startWatchdog(server.url, ['one', 'two']);
    const client = openClient({ connection });
    const { journal, snapshots } = portsOf({ connection });
    const [burning, other]: [ActorHandle<typeof fuse>, ActorHandle<typeof fuse>] = [
      client.actor(fuse, 'burning'),
      client.actor(fuse, 'other'),
    ];
    await burning.create({});
    await other.create({});
    await burning.send({ type: 'TICK' });
    const append = async (id: string, event: object): Promise<number> => {
      const entry = { type: 'fuse', id, kindToken: 'event', body: encodeBody(event) };
      return (await journal.append(entry)).sequence;
    };
    const sequence = await append('burning', { type: 'BURN', how });
    await append('burning', { type: 'TICK' });
    await append('other', { type: 'TICK' });
    const saved = async (id: string) => {
      const found = await snapshots.load(0, { type: 'fuse', id });
      return found && decodeState(found.body);
    };
    let asked: Promise<void> | undefined;
    const forget = (): void => void (asked = undefined);
    const startedAt = performance.now();
    while ((await saved('burning'))?.status !== 'faulted') {
      // A questioner makes it harder: hosts that answer fold as well.
      if (how === 'exit') asked ??= burning.load().then(forget, forget);
      await pause();
    }
    while ((await saved('other'))?.snapshot.context['ticks'] !== 1) await pause();
    const { ends } = watchdog;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`\n${how}: faulted after ${ends} ends and ${seconds} s`);
    assert.ok(ends >= 4, `${ends} ends: one in ordinary work, three takeovers`);
    const { fault, context } = await burning.load();
    assert.is(fault?.sequence, sequence);
    assert.is(fault?.error.code, 'host-crashed');
    assert.equal(context, { ticks: 1 });
    const answer = await other.send({ type: 'TICK' });
    assert.equal(answer.context, { ticks: 2 });
    assert.is(watchdog.ends, ends, 'no host ends any more');
    await client.close();
    await watchdog.stop();
    await connection.close();
    await server.stop();
  });

test.run();
