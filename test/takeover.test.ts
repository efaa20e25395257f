// A second host takes over when the first dies, stands still, or leaves. Nothing is lost or
// doubled.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { decodeBody } from '@pawl/core';
import {
  connect,
  openClient,
  portsOf,
  provision,
  startNatsServer,
  startWorker,
  task,
  type Connection,
} from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dryPaint, makePart, partMachine, productMachine } from './scenario/machines.ts';
import { checkAgreement, machineFinder } from './system/agreement.ts';
import { startRecorder } from './system/recorder.ts';

const test = suite('takeover');
const PRODUCTS = 12;

const startHostProcess = async (url: string, name: string): Promise<ChildProcess> => {
  const child = fork(new URL('./system/host-process.ts', import.meta.url), [url, name]);
  await once(child, 'message');
  return child;
};

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

const stop = async (child: ChildProcess): Promise<void> => {
  child.send('stop');
  await once(child, 'exit');
};

const heldBy = async (child: ChildProcess): Promise<readonly number[]> => {
  child.send('held');
  const [message] = (await once(child, 'message')) as [{ held: readonly number[] }];
  return message.held;
};

/** Waits for a heartbeat of a host that says it has all partitions. */
const untilHeld = (connection: Connection, name: string): Promise<void> => {
  const { bus, subjects } = portsOf({ connection });
  return new Promise((resolve) => {
    const heartbeats = bus.subscribe(subjects.heartbeat('factory', name), ({ body }) => {
      const { partitions } = decodeBody(body);
      if (!Array.isArray(partitions) || partitions.length < 4) return;
      heartbeats.stop();
      resolve();
    });
  });
};

/** Runs products to their end while `disturb` does something to the first host. */
const runUnder = async (
  disturb: (
    first: ChildProcess,
    startSecond: () => Promise<ChildProcess>,
    untilHolder: (name: string) => Promise<void>,
    openGate: () => void,
  ) => Promise<void>,
): Promise<void> => {
  const server = await startNatsServer();
  const connection = await connect({ servers: server.url });
  await provision(connection, { partitions: 4 });
  const recorder = await startRecorder(connection);
  const children = [await startHostProcess(server.url, 'first')];
  let openGate = (): void => undefined;
  const gate = new Promise<void>((resolve) => (openGate = resolve));
  const serials = new Map<string, number>();
  const worker = await startWorker({
    connection,
    service: 'factory',
    tasks: [
      task(makePart, ({ part }, { idempotencyKey }) => {
        serials.set(idempotencyKey, (serials.get(idempotencyKey) ?? 0) + 1);
        return { serial: `${part}-${idempotencyKey}` };
      }),
      task(dryPaint, async () => {
        await gate;
        return { minutes: 1 };
      }),
    ],
  });
  const client = openClient({ connection });
  const products = Array.from({ length: PRODUCTS }, (_, n) =>
    client.actor(productMachine, `bike-${n}`),
  );
  const all = products.map(async (product) => {
    await product.create({ id: product.id }, { ifExists: 'return' }).catch((error: unknown) => {
      // No answer in time: stored all the same, which the wait below proves.
      if (!(error instanceof Error) || !('sequence' in error)) throw error;
    });
    return product.waitFor((state) => state.hasTag('settled'), { timeoutMs: 60_000 });
  });
  const startSecond = async (): Promise<ChildProcess> => {
    const second = await startHostProcess(server.url, 'second');
    children.push(second);
    return second;
  };
  await disturb(
    children[0] as ChildProcess,
    startSecond,
    (name) => untilHeld(connection, name),
    openGate,
  );
  const states = await Promise.all(all);
  assert.is(states.length, PRODUCTS);
  for (const state of states) assert.equal(state.context.ready, ['frame', 'wheel']);
  assert.is(serials.size, 2 * PRODUCTS, 'one command for each part');
  const last = children.at(-1) as ChildProcess;
  assert.ok((await heldBy(last)).length > 0, 'the last host has partitions');
  await client.close();
  await worker.stop();
  // The one that was stopped and goes on, too: what a host publishes while the journal is read
  // would speak of entries that came after the reading.
  await Promise.all(children.filter(isRunning).map(stop));
  const machines = machineFinder({ part: partMachine, product: productMachine });
  const { actors } = await checkAgreement(portsOf({ connection }), machines, recorder);
  assert.is(actors, 3 * PRODUCTS);
  await connection.close();
  await server.stop();
};

test('kill -9 in the middle of the work', async () => {
  await runUnder(async (first, startSecond, _untilHolder, openGate) => {
    await startSecond();
    openGate();
    first.kill('SIGKILL');
    await once(first, 'exit');
  });
});

test('a stopped host goes on after another took over, and changes nothing', async () => {
  await runUnder(async (first, startSecond, untilHolder, openGate) => {
    first.kill('SIGSTOP');
    const second = await startSecond();
    openGate();
    await untilHolder('second');
    first.kill('SIGCONT');
    assert.ok((await heldBy(second)).length > 0);
  });
});

test('an orderly leave hands the partitions over', async () => {
  await runUnder(async (first, startSecond, _untilHolder, openGate) => {
    await startSecond();
    openGate();
    await stop(first);
  });
});

test.run();
