// Children that are killed at random and started again.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ChildSettings } from './child-settings.ts';

/** A place that always has a child, until it ends by itself. */
export interface Place {
  readonly part: ChildSettings['part'];
  readonly hasEnded: boolean;
  /** Kills the child; another one takes its place at once. */
  strike(): void;
  stop(): Promise<void>;
}

/** Starts a child and keeps its place filled. */
export const createPlace = (settings: ChildSettings): Place => {
  let isStopping = false;
  let hasEnded = false;
  let starts = 0;
  let child: ChildProcess;
  const start = (): void => {
    starts += 1;
    const told = { ...settings, seed: settings.seed + starts };
    child = fork(join(import.meta.dirname, 'main.ts'), [JSON.stringify(told)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.once('exit', (code) => {
      if (settings.part === 'writer' && code === 0) hasEnded = true;
      else if (!isStopping) start();
    });
  };
  start();
  return {
    part: settings.part,
    get hasEnded() {
      return hasEnded;
    },
    strike: () => void child.kill('SIGKILL'),
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
};
