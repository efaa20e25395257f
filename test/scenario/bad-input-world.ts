// The stage of bad input: a good actor, a host, and the checks that it goes on undisturbed.
import { ERROR_CODES, PawlError, type ErrorCode, type Ports } from '@pawl/core';
import {
  connect,
  openClient,
  portsOf,
  startHost,
  startNatsServer,
  type Client,
  type Connection,
} from 'pawl';
import * as assert from 'uvu/assert';
import { assign, createMachine, type AnyStateMachine } from 'xstate';
import { counter } from './counter.machine.ts';

const NEXT_WITHIN_MS = 100;

const textOf = (event: object): string =>
  'text' in event && typeof event.text === 'string' ? event.text : '';

/** Keeps the last text twice, up to a number of characters. */
const keeper = (contextMax: number): AnyStateMachine =>
  createMachine({
    id: 'keeper',
    version: '1',
    meta: { pawl: { contextMax } },
    context: { text: '' },
    on: { KEEP: { actions: assign({ text: ({ event }) => textOf(event).repeat(2) }) } },
  });

const server = await startNatsServer();
/** The connection of all. */
export const connection: Connection = await connect({ servers: server.url });
/** Ports on the same connection. */
export const ports: Ports = portsOf({ connection });
// One partition, so that the next good message is on the partition of the bad one.
const host = await startHost({
  connection,
  service: 'count',
  machines: { counter, note: keeper(10_000), book: keeper(4_000_000) },
  topology: { partitions: 1 },
});
/** A client on the same connection. */
export const client: Client = openClient({ connection });
await client.actor(counter, 'good').create({ start: 0 });
await client.actor(counter, 'ended').create({ start: 0 });
await client.actor(counter, 'ended').send({ type: 'END' });
await client.actor('note', 'n-1').create({});
await client.actor('book', 'b-1').create({});

/** What a row expects. */
export interface Expected {
  readonly code: ErrorCode;
  /** Each must be in the message: the offender, and what to do. */
  readonly says: readonly RegExp[];
}

/** Checks code and message. */
export const checkError = (
  error: { code: string; message: string },
  { code, says }: Expected,
): void => {
  assert.is(error.code, code, error.message);
  for (const pattern of says) assert.match(error.message, pattern);
};

/** The error that a call throws. */
export const caught = async (act: () => Promise<unknown>): Promise<PawlError> => {
  try {
    await act();
  } catch (error) {
    assert.ok(error instanceof PawlError, `an error with a code, not ${String(error)}`);
    assert.is(error.retryable, ERROR_CODES[error.code].retryable);
    return error;
  }
  return assert.unreachable('nothing was thrown') as never;
};

/** The good actor takes the next event at once, and nothing else has happened to it. */
export const checkNext = async (): Promise<void> => {
  const good = client.actor(counter, 'good');
  const { count } = (await good.load()).context;
  const times: number[] = [];
  // The best of three: other work on the machine is no fault of the partition.
  for (let number = 1; number <= 3; number += 1) {
    const startedAt = performance.now();
    const next = await good.send({ type: 'ADD', by: 1 });
    times.push(performance.now() - startedAt);
    assert.is(next.context.count, count + number);
    if (Math.min(...times) <= NEXT_WITHIN_MS) return;
  }
  assert.unreachable(`the next messages took ${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
};

/** Closes all of it. */
export const close = async (): Promise<void> => {
  await client.close();
  await host.stop();
  await connection.close();
  await server.stop();
};
