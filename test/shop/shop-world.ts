// What the guides of the outbox need to run: PostgreSQL, nats-server, and the guides' own programs.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startPostgres } from '@pawl/testing/postgres';
import { connect, openClient, startNatsServer, type Client } from 'pawl';
import pg from 'pg';
import { ORDER_STATES } from '../../examples/outbox/order-states.ts';

/** A program that runs, and what it printed first. */
export interface Program {
  readonly firstLine: string;
  readonly child: ChildProcess;
  /** Ends it by SIGTERM; resolves to its exit code. */
  end(): Promise<number | null>;
}

/** All that runs. */
export interface ShopWorld {
  readonly client: Client;
  readonly pool: pg.Pool;
  /** What the guides' programs are told. */
  readonly environment: Readonly<Record<'PAWL_DATABASE' | 'PAWL_SERVER', string>>;
  /** Starts a program and waits for its first line. */
  start(program: string, words: readonly string[], settings?: object): Promise<Program>;
  close(): Promise<void>;
}

const firstLineOf = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('The program has no stdout.');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return line;
};

/** Starts servers, makes the tables as the guide says, and starts host, worker and relay. */
export const openShopWorld = async (): Promise<ShopWorld> => {
  const postgres = await startPostgres();
  const nats = await startNatsServer();
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  const name = `pawl_shop_${process.pid}`;
  await owner.query(`CREATE DATABASE ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  const environment = { PAWL_DATABASE: url.href, PAWL_SERVER: nats.url };
  const programs: Program[] = [];
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on('error', () => undefined); // The database is dropped before an idle connection ends.

  const start: ShopWorld['start'] = async (program, words, settings = {}) => {
    const child = spawn(program, words, {
      env: { PATH: '/usr/bin:/bin', ...environment, ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const started: Program = {
      child,
      firstLine: await firstLineOf(child),
      end: async () => {
        child.kill('SIGTERM');
        const [code] = (await ended) as [number | null];
        return code;
      },
    };
    programs.push(started);
    return started;
  };

  const node = (...words: string[]): Promise<Program> =>
    start(process.execPath, [...process.execArgv, ...words]);
  const migrated = await node('packages/pawl/src/main.ts', 'outbox', 'migrate');
  await once(migrated.child, 'exit');
  await pool.query(ORDER_STATES);
  await node('examples/outbox/main.ts');
  const connection = await connect({ servers: nats.url, name: 'shop-test' });
  const client = openClient({ connection });
  return {
    ...{ client, pool, environment, start },
    close: async () => {
      await Promise.all(programs.map((program) => program.end()));
      await client.close();
      await connection.close();
      await pool.end();
      await owner.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await owner.end();
      await nats.stop();
      await postgres.stop();
    },
  };
};
