// Keeps host processes running, as a supervisor does: one that ends is started again, one that says
// nothing for a while is killed.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const SILENCE_MAX_MS = 1500;

/** Host processes under watch. */
export interface Watchdog {
  /** How many processes have ended or were killed, so far. */
  readonly ends: number;
  /** Stops all of them in order. */
  stop(): Promise<void>;
}

/** Starts the processes and watches over them. Resolves when all are ready. */
export const startWatchdog = async (url: string, names: readonly string[]): Promise<Watchdog> => {
  const running = new Map<string, ChildProcess>();
  let ends = 0;
  let isStopping = false;

  const start = async (name: string): Promise<void> => {
    const child = fork(new URL('./fuse-host.ts', import.meta.url), [url, name]);
    running.set(name, child);
    const ready = once(child, 'message');
    const silence = { timer: undefined as NodeJS.Timeout | undefined };
    child.on('message', () => {
      clearTimeout(silence.timer);
      silence.timer = setTimeout(() => child.kill('SIGKILL'), SILENCE_MAX_MS);
    });
    child.once('exit', () => {
      clearTimeout(silence.timer);
      if (isStopping) return;
      ends += 1;
      void start(name);
    });
    await Promise.race([ready, once(child, 'exit')]);
  };

  await Promise.all(names.map(start));
  return {
    get ends() {
      return ends;
    },
    stop: async () => {
      isStopping = true;
      await Promise.all(
        [...running.values()].map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.send('stop');
          await once(child, 'exit');
        }),
      );
    },
  };
};
