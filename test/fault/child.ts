// A process of the suite, seen from its parent: started, stopped in order, killed, or frozen.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ChildMessage, ParentMessage } from './child-settings.ts';

/** A child process. */
export interface Child {
  readonly isRunning: boolean;
  /** What it was started with. */
  readonly settings: unknown;
  /** Partitions that a host said it has. */
  readonly held: readonly number[];
  /** Resolves when the process is gone, however it ended. */
  readonly ended: Promise<void>;
  /** Its last lines. */
  readonly output: readonly string[];
  /** Sends the settings; resolves when it is ready, rejects when it fails or ends before. */
  start(settings: unknown): Promise<void>;
  /** Lets it finish. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

const LINES_MAX = 300;
const STOP_MAX_MS = 20_000;

/** Program of a host. */
export const HOST_FILE = new URL('./host/main.ts', import.meta.url);

/** Program of a worker. */
export const WORKER_FILE = new URL('./worker/main.ts', import.meta.url);

/** Forks a child, which loads its program and waits for its settings. */
export const forkChild = (file: URL): Child => {
  const child = fork(file, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.push(...text.trimEnd().split('\n'));
      output.splice(0, output.length - LINES_MAX);
    });
  const ended = once(child, 'exit').then(() => undefined);
  let held: readonly number[] = [];
  let settings: unknown;
  const send = (message: ParentMessage): void => {
    if (child.connected) child.send(message);
  };
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  child.on('message', (message: ChildMessage) => {
    if (message.what === 'held') held = message.held;
  });
  return {
    ended,
    output,
    get isRunning() {
      return isRunning();
    },
    get held() {
      return isRunning() ? held : [];
    },
    get settings() {
      return settings;
    },
    start: (given) =>
      new Promise<void>((resolve, reject) => {
        settings = given;
        child.on('message', (message: ChildMessage) => {
          if (message.what === 'ready') resolve();
          if (message.what === 'failed') reject(new Error(message.message));
        });
        void ended.then(() => {
          const how = child.signalCode ?? `exit code ${child.exitCode}`;
          const last = output.slice(-20).join('\n');
          reject(new Error(`${file.pathname} ended before it was ready: ${how}.\n${last}`));
        });
        send({ what: 'start', settings: given });
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: async () => {
      send({ what: 'stop' });
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
      await ended;
      clearTimeout(timer);
    },
  };
};
