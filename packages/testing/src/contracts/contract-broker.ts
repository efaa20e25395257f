// What a contract suite needs of a broker, so that memory and JetStream run the same checks.
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { PawlError, type ActorAddress, type ErrorCode, type Ports } from '@pawl/core';

/** The ports of one process that a suite plays. */
export interface ContractConnection {
  readonly ports: Ports;
  /** Ends like a process that is killed: closes the connection and hands nothing over. */
  end(): Promise<void>;
}

/** How a suite waits. */
export interface WaitOptions {
  /** Longest wait in the broker's time, ms. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A broker with Pawl's topology, of no age and empty. */
export interface ContractBroker {
  /** A connection of its own each time. */
  connect(): Promise<ContractConnection>;
  /** Resolves when the condition holds; rejects when the broker's time is up. */
  waitFor(condition: () => boolean | Promise<boolean>, options?: WaitOptions): Promise<void>;
  /** Ack wait of the command consumers, ms. Pawl's is 30,000; less makes a shorter test. */
  readonly commandAckWaitMs: number;
  close(): Promise<void>;
}

/** Opens a broker: once for each suite. */
export type OpenBroker = () => Promise<ContractBroker>;

/** A suite and what its tests run against. */
export interface ContractSuite {
  readonly test: Test;
  /** Ports of the first connection. */
  readonly ports: () => Ports;
  readonly broker: () => ContractBroker;
}

/** A suite `<port> (<name>)` that opens its broker before and closes it after. */
export const contractSuite = (port: string, name: string, open: OpenBroker): ContractSuite => {
  const test = suite(`${port} (${name})`);
  let broker: ContractBroker | undefined;
  let connection: ContractConnection | undefined;
  test.before(async () => {
    broker = await open();
    connection = await broker.connect();
  });
  test.after(async () => {
    await broker?.close();
  });
  return {
    test,
    ports: () => connection?.ports ?? missing(),
    broker: () => broker ?? missing(),
  };
};

const missing = (): never => {
  throw new Error('The broker is not open.');
};

let names = 0;

/** A name that no other test of this process uses. */
export const uniqueName = (start: string): string => {
  names += 1;
  return `${start}-${names}`;
};

/** An actor that no other test uses. */
export const uniqueActor = (type: string = uniqueName('type')): ActorAddress => ({
  type,
  id: uniqueName('id'),
});

/** Text as a body. */
export const bodyOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A body as text. */
export const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

/** Asserts that a promise rejects with a PawlError of this code. */
export const rejectsWith = async (promise: Promise<unknown>, code: ErrorCode): Promise<void> => {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PawlError, `expected ${code}, got ${String(thrown)}`);
  assert.is(thrown.code, code, thrown.message);
};

/** The broker's clock, as it writes it on an entry. */
export const brokerNow = async ({ journal }: Ports): Promise<number> => {
  const { sequence } = await journal.append({
    ...uniqueActor(),
    kindToken: 'event',
    body: bodyOf('{"type":"NOW"}'),
  });
  return (await journal.get(sequence))?.time ?? missing();
};
