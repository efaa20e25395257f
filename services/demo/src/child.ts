// A child process, seen from its parent: started, stopped in order, or killed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ChildMessage, ParentMessage } from './child-settings.ts';

/** A child process. */
export interface Child {
  /** Sends the settings; resolves when it is ready, rejects when it fails or ends before. */
  start(settings: unknown): Promise<void>;
  /** Lets it finish, and kills it if that takes longer than 10 s. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

const STOP_MAX_MS = 10_000;

/** Forks a child, which loads its program and waits for its settings. */
export const forkChild = (file: URL): Child => {
  const child = fork(file, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => undefined);
  const send = (message: ParentMessage): void => {
    if (child.connected) child.send(message);
  };
  return {
    start: (settings) =>
      new Promise<void>((resolve, reject) => {
        child.on('message', (message: ChildMessage) => {
          if (message.what === 'ready') resolve();
          else reject(new Error(message.message));
        });
        void ended.then(() => {
          const how = child.signalCode ?? `exit code ${child.exitCode}`;
          reject(new Error(`${file.pathname} ended before it was ready: ${how}.`));
        });
        send({ what: 'start', settings });
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      send({ what: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
      await ended;
      clearTimeout(timer);
    },
  };
};

/** File of the host process. */
export const HOST_FILE = new URL(`./host/main${extensionOf()}`, import.meta.url);

/** File of the worker process. */
export const WORKER_FILE = new URL(`./worker/main${extensionOf()}`, import.meta.url);

/** As this file: `.ts` from the sources, `.js` when built. */
function extensionOf(): string {
  return import.meta.url.slice(import.meta.url.lastIndexOf('.'));
}
