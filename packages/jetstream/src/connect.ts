// connect(): a connection that never gives up, to a server that was checked.
import { PawlError, systemClock, type Clock } from '@pawl/core';
import {
  connect as connectNats,
  credsAuthenticator,
  errors,
  type NatsConnection,
  type NodeConnectionOptions,
} from 'nats';
import { wrapConnection, type Connection } from './connection.ts';
import { loginOfAddresses, withoutLogin } from './server-address.ts';
import { checkServer } from './server-check.ts';

const RETRY_MS = 200;
const TRY_MAX_MS = 60_000;
/** An election takes a few seconds. */
const LEADER_MS = 30_000;

/** Where the servers are and who connects. Nothing is required. */
export interface ConnectOptions {
  /** Default `nats://127.0.0.1:4222`. A login in it (`nats://user:pass@host`) is used, not shown. */
  readonly servers?: string | readonly string[];
  /** With `pass`. Default: nobody in particular. */
  readonly user?: string;
  /** With `user`. Default: none. */
  readonly pass?: string;
  /** Instead of user and password. Default: none. */
  readonly token?: string;
  /** Content of a `.creds` file. Default: none. */
  readonly creds?: string | Uint8Array;
  /** Shown by the server's monitoring. Default: none. */
  readonly name?: string;
  /** Prefix of private reply subjects, for accounts that restrict them. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** TLS settings as nats.js takes them. Default: what the server asks for. */
  readonly tls?: NonNullable<NodeConnectionOptions['tls']>;
  /** How long the first connection may take, default 5 s. Later ones are tried for ever. */
  readonly connectTimeoutMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

const addressesOf = ({ servers = 'nats://127.0.0.1:4222' }: ConnectOptions): readonly string[] =>
  typeof servers === 'string' ? [servers] : servers;

const clientOptions = (options: ConnectOptions, timeoutMs: number): NodeConnectionOptions => {
  const { creds, user, pass, token } = options;
  const addresses = addressesOf(options);
  const isGiven = [creds, user, pass, token].some((part) => part !== undefined);
  return {
    servers: addresses.map(withoutLogin),
    // Longer ones are made of several tries: timers of the client hold 24 days at most.
    timeout: Math.min(timeoutMs, TRY_MAX_MS),
    // The client's own default gives up after ten attempts and pings every two minutes.
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    pingInterval: 20_000,
    // Every request would otherwise build two errors with stack traces.
    noAsyncTraces: true,
    ignoreAuthErrorAbort: true,
    ...loginOfAddresses(addresses, isGiven),
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(creds !== undefined && {
      authenticator: credsAuthenticator(
        typeof creds === 'string' ? new TextEncoder().encode(creds) : creds,
      ),
    }),
  };
};

const serversText = (options: ConnectOptions): string =>
  addressesOf(options).map(withoutLogin).join(', ');

const dial = async (options: ConnectOptions): Promise<NatsConnection> => {
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.connectTimeoutMs ?? 5_000;
  const endsAt = clock.now() + timeoutMs;
  for (;;) {
    const left = Math.max(endsAt - clock.now(), 50);
    try {
      return await connectNats(clientOptions(options, left));
    } catch (error) {
      if (error instanceof errors.AuthorizationError)
        throw new PawlError(
          'not-authorized',
          `nats-server at ${serversText(options)} refuses the credentials (${error.message}). ` +
            'Check user and pass, token or creds given to connect().',
          { cause: error },
        );
      if (error instanceof PawlError || error instanceof errors.InvalidArgumentError) throw error;
      if (clock.now() + RETRY_MS >= endsAt)
        throw new PawlError(
          'no-server',
          `No nats-server answers at ${serversText(options)} within ${timeoutMs} ms ` +
            `(${messageOf(error)}). Start one, or name another address in connect({ servers }).`,
          { cause: error },
        );
      // A server that is just being started, as in a compose file, is waited for.
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

/** Asks again while the cluster elects a leader, at most for `LEADER_MS`. */
const untilLed = async (options: ConnectOptions, check: () => Promise<void>): Promise<void> => {
  const clock = options.clock ?? systemClock;
  const endsAt = clock.now() + LEADER_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const isElecting = error instanceof PawlError && error.code === 'broker-refused';
      if (!isElecting || clock.now() >= endsAt) throw error;
    }
    await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));
  }
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);

/**
 * Connects to nats-server. Errors: `no-server`, `not-authorized`, `server-too-old`,
 * `jetstream-off`, and `broker-refused` when a cluster has elected no leader within 30 s. Once
 * connected it reconnects for ever, pinging every 20 s.
 */
export const connect = async (options: ConnectOptions = {}): Promise<Connection> => {
  const nats = await dial(options);
  try {
    await untilLed(options, () => checkServer(nats, serversText(options)));
  } catch (error) {
    await nats.close();
    throw error;
  }
  return wrapConnection(nats, options.inboxPrefix);
};
