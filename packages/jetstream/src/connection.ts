// A connection to nats-server as Pawl wants it, and the check that a given one is ours.
import { PawlError } from '@pawl/core';
import type { NatsConnection, Status } from 'nats';
import { gatherWrites } from './write-gathering.ts';

/** Takes a status of the connection. */
export type StatusListener = (status: Status) => void;

/** A connection made by `connect()`. Everything of Pawl that needs a broker takes one. */
export interface Connection {
  /** The client of nats.js 3 underneath. */
  readonly nats: NatsConnection;
  /** Version of the server that answered first. */
  readonly serverVersion: string;
  /** Prefix of private reply subjects. */
  readonly inboxPrefix: string | undefined;
  /** Is the socket up at this moment? */
  readonly isConnected: boolean;
  /** Calls back with each status of the client; returns the way to stop that. */
  onStatus(listener: StatusListener): () => void;
  /** Ends at once. What is on its way is lost or unknown. */
  close(): Promise<void>;
  /** Lets subscriptions finish and everything published go out, then ends. */
  drain(): Promise<void>;
}

/** Only connections in here were made by us: a structural check could be fooled by a v2 client. */
const ours = new WeakSet<object>();

/** Wraps a client of nats.js 3. */
export const wrapConnection = (nats: NatsConnection, inboxPrefix?: string): Connection => {
  const listeners = new Set<StatusListener>();
  const writeNow = gatherWrites(nats);
  let isConnected = true;
  const watch = async (): Promise<void> => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect' || status.type === 'close') isConnected = false;
      if (status.type === 'reconnect') isConnected = true;
      for (const listener of [...listeners]) listener(status);
    }
    isConnected = false;
  };
  void watch();
  const connection: Connection = {
    nats,
    serverVersion: nats.info?.version ?? 'unknown',
    inboxPrefix,
    get isConnected() {
      return isConnected && !nats.isClosed();
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      writeNow();
      return nats.close();
    },
    drain: async () => {
      if (nats.isClosed()) return;
      await (nats.isDraining() ? nats.closed() : nats.drain());
    },
  };
  ours.add(connection);
  return connection;
};

/** Throws `wrong-client` unless `connection` came from `connect()`. */
export const checkConnection = (connection: Connection): void => {
  if (typeof connection === 'object' && connection !== null && ours.has(connection)) return;
  const isClient = typeof connection === 'object' && connection !== null && 'publish' in connection;
  const given = isClient ? 'A client of the nats package' : `A value of type ${typeof connection}`;
  throw new PawlError(
    'wrong-client',
    `${given} was given where Pawl needs the connection made by its own connect(): use ` +
      "`import { connect } from 'pawl'` and `await connect({ servers })`.",
  );
};
