// A connection and a client for the time of one command.
import type { Client } from '@pawl/client';
import type { Ports } from '@pawl/core';
import { connect, withoutLogin, type Connection } from '@pawl/jetstream';
import { openClient, portsOf } from '../bind.ts';
import { explained } from './explained-error.ts';
import type { Invocation } from './invocation.ts';

/** Where `pawl` connects when nobody names a server. */
export const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

const CONNECT_TIMEOUT_MS = 2_000;

/** An open connection with all that commands use. */
export interface Session {
  readonly connection: Connection;
  readonly ports: Ports;
  readonly client: Client;
  /** The address that was connected to, without a login. */
  readonly server: string;
}

const NAME = 'pawl-cli';

/** Runs `work` with a session and closes it, whatever happens. */
export const withSession = async <Result>(
  { options, terminal }: Invocation,
  work: (session: Session) => Promise<Result>,
): Promise<Result> => {
  const { server = DEFAULT_SERVER, prefix, timeoutMs, login } = options;
  const connection = await connect({
    ...login,
    servers: server.split(','),
    name: NAME,
    connectTimeoutMs: Math.min(timeoutMs, CONNECT_TIMEOUT_MS),
  });
  const bound = { connection, ...(prefix !== undefined && { prefix }) };
  try {
    const ports = portsOf(bound);
    const client = openClient({ ...bound, name: NAME, by: terminal.user, timeoutMs });
    try {
      return await work({ connection, ports, client, server: withoutLogin(server) });
    } catch (error) {
      throw await explained(error, bound);
    } finally {
      await client.close();
    }
  } finally {
    await connection.close();
  }
};
