// Starts a nats-server for users and tests, and stops it again without a trace.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createConfiguration, type ConfigurationOptions } from './configuration.ts';
import { NatsServerError } from './error.ts';
import { findNatsServer, type FindNatsServerOptions, type NatsServerProgram } from './find.ts';
import { acquireLock, type Lock } from './lock.ts';
import { guardServer } from './orphan.ts';
import { waitUntilReady, type ServerAddresses } from './ready.ts';

const STOP_MAX_MS = 10_000;
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT'];

/** How a server is found, configured and started. Nothing is required. */
export interface StartNatsServerOptions extends FindNatsServerOptions, ConfigurationOptions {
  /** Where JetStream stores; default a temporary folder that is removed by `stop()`. */
  readonly storeDirectory?: string;
  /** The server's log is appended to this file; default a temporary file. */
  readonly logFile?: string;
  /** How long the server may take to listen; default 30 s. */
  readonly startTimeoutMs?: number;
}

/** A started server. */
export interface NatsServer {
  /** Where clients connect: `nats://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** The base of the monitoring pages, with `monitoring: true`. */
  readonly monitorUrl: string | undefined;
  /** The process now; another one after `restart()`. */
  readonly pid: number;
  readonly version: string;
  readonly storeDirectory: string;
  readonly logFile: string;
  /** Ends the server in order and removes what was temporary. A second call changes nothing. */
  stop(): Promise<void>;
  /** Sends a signal (default SIGKILL); waits for the end after one that ends a server. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the server if it runs and starts it again: same port, same store. */
  restart(): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly addresses: ServerAddresses;
  /** Gives the store back; to be called when the server has ended. */
  readonly release: () => Promise<void>;
}

/** Two servers on one store destroy it, so the second is refused before it opens anything. */
const lockStore = (storeDirectory: string): Promise<Lock> => {
  const folder = join(storeDirectory, 'nats-server.lock');
  return acquireLock(folder, {
    onAlive: (owner) => {
      throw new NatsServerError(
        'store-in-use',
        `The store ${storeDirectory} belongs to a nats-server of process ${owner.split('@', 2).join(' on ')}. ` +
          'Stop that one, or give this one another store directory.',
      );
    },
  });
};

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

const waitForEnd = async (child: ChildProcess): Promise<void> => {
  if (!hasEnded(child)) await once(child, 'exit');
};

const end = async ({ child, release }: Running): Promise<void> => {
  await endInOrder(child);
  await release();
};

const endInOrder = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGTERM');
  child.kill('SIGCONT'); // A stopped process would not see the other signal.
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
  await waitForEnd(child);
  clearTimeout(timer);
};

interface Launch {
  readonly program: NatsServerProgram;
  readonly options: StartNatsServerOptions;
  readonly workFolder: string;
  readonly storeDirectory: string;
  readonly logFile: string;
}

const launch = async (plan: Launch, port: number): Promise<Running> => {
  const lock = await lockStore(plan.storeDirectory);
  try {
    return { ...(await launchLocked(plan, port)), release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

const launchLocked = async (plan: Launch, port: number): Promise<Omit<Running, 'release'>> => {
  const { options, workFolder, storeDirectory } = plan;
  const file = join(workFolder, 'nats-server.conf');
  const folders = { store: storeDirectory, ports: workFolder };
  await writeFile(file, createConfiguration(options, folders, port === 0 ? -1 : port));
  // A file and no pipe: a server must not wait for a parent that is too busy to read its log.
  const log = openSync(plan.logFile, 'a');
  const child = spawn(plan.program.path, ['-c', file], {
    stdio: ['ignore', log, log],
    // An interrupt from the terminal is for its owner, who still needs it to end in order.
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  const isTemporary = options.storeDirectory === undefined;
  const temporaryFolder = isTemporary ? workFolder : undefined;
  child.once('exit', guardServer({ child, temporaryFolder }));
  try {
    const addresses = await waitUntilReady(child, workFolder, options.startTimeoutMs ?? 30_000);
    return { child, pid: child.pid ?? -1, addresses };
  } catch (error) {
    if (child.pid !== undefined) await endInOrder(child);
    const reason = error instanceof Error ? error.message : String(error);
    const lines = readFileSync(plan.logFile, 'utf8').trimEnd().split('\n').slice(-10);
    const message = [`nats-server ${plan.program.path} ${reason}. Its last lines:`, ...lines];
    throw new NatsServerError('nats-server-failed', message.join('\n  '), { cause: error });
  }
};

/**
 * Starts a nats-server (found or fetched as by `findNatsServer`) and resolves once it listens. It
 * ends with this process at the latest. Throws `NatsServerError`, also when the server exits early
 * or another one has the store.
 */
export const startNatsServer = async (
  options: StartNatsServerOptions = {},
): Promise<NatsServer> => {
  const program = await findNatsServer(options);
  const workFolder = await mkdtemp(join(tmpdir(), 'pawl-nats-server-'));
  const storeDirectory = resolve(options.storeDirectory ?? join(workFolder, 'store'));
  const logFile = resolve(options.logFile ?? join(workFolder, 'nats-server.log'));
  await mkdir(dirname(logFile), { recursive: true });
  const plan = { program, options, workFolder, storeDirectory, logFile };
  const removeTemporary = (): Promise<void> => rm(workFolder, { recursive: true, force: true });

  let running = await launch(plan, options.port ?? 0).catch(async (error: unknown) => {
    await removeTemporary();
    throw error;
  });
  const url = running.addresses.nats[0] ?? '';
  const port = Number(new URL(url).port);
  return {
    url,
    port,
    version: program.version,
    storeDirectory,
    logFile,
    get monitorUrl() {
      return running.addresses.monitoring?.[0];
    },
    get pid() {
      return running.pid;
    },
    async stop() {
      await end(running);
      await removeTemporary();
    },
    async kill(signal = 'SIGKILL') {
      running.child.kill(signal);
      if (!ENDING_SIGNALS.includes(signal)) return;
      await waitForEnd(running.child);
      await running.release();
    },
    async restart() {
      await end(running);
      running = await launch(plan, port);
    },
  };
};
