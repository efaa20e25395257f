// The nats-server of `pawl dev`: the one that was named, one that runs already, or one of its own.
import { PawlError } from '@pawl/core';
import { connect, withoutLogin, type Connection } from '@pawl/jetstream';
import { startNatsServer } from '@pawl/nats-server';
import type { Invocation } from '../invocation.ts';
import { UsageError } from '../usage-error.ts';

/** A server to work with. */
export interface DevServer {
  readonly connection: Connection;
  readonly url: string;
  /** Started here, and stopped with `close`. */
  readonly isOwn: boolean;
  close(): Promise<void>;
}

/** What the command line says about the server. */
export interface DevServerOptions {
  readonly port: number;
  readonly store?: string;
}

const NAME = 'pawl-dev';
/** On this machine a server answers at once, or there is none. */
const LOOK_MS = 300;

const connectTo = async (url: string, connectTimeoutMs: number): Promise<DevServer> => {
  const connection = await connect({ servers: url.split(','), name: NAME, connectTimeoutMs });
  return { connection, url: withoutLogin(url), isOwn: false, close: () => connection.drain() };
};

const findRunning = async (url: string): Promise<DevServer | undefined> => {
  try {
    return await connectTo(url, LOOK_MS);
  } catch (error) {
    if (error instanceof PawlError && error.code === 'no-server') return undefined;
    throw error;
  }
};

/** Opens a connection to a server, starting one when none was named and none is there. */
export const openDevServer = async (
  { terminal, options }: Invocation,
  { port, store }: DevServerOptions,
): Promise<DevServer> => {
  if (options.server !== undefined) {
    if (store !== undefined)
      throw new UsageError('--store is for a server started here: leave --server out.');
    return connectTo(options.server, options.timeoutMs);
  }
  const running = port === 0 ? undefined : await findRunning(`nats://127.0.0.1:${port}`);
  if (running !== undefined && store === undefined) return running;
  if (running !== undefined) {
    await running.close();
    throw new UsageError(
      `A nats-server listens on port ${port} already, so --store would have no effect: ` +
        'name another --port.',
    );
  }
  const server = await startNatsServer({
    port,
    ...(store !== undefined && { storeDirectory: store }),
    onProgress: (line) => terminal.complain(line),
  });
  try {
    const connected = await connectTo(server.url, options.timeoutMs);
    return {
      ...connected,
      isOwn: true,
      close: async () => {
        await connected.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
};
