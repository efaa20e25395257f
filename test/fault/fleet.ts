// The hosts and workers of a run: a fixed number of each, with a spare that has loaded its program.
import { setTimeout as wait } from 'node:timers/promises';
import { forkChild, HOST_FILE, WORKER_FILE, type Child } from './child.ts';

/** Processes of one kind. */
export interface Crew {
  readonly kind: 'host' | 'worker';
  readonly members: readonly Child[];
  /** One more; resolves when it is ready. */
  add(): Promise<Child>;
  /** Replaces a member that is gone or will be; resolves to the new one when it is ready. */
  replace(child: Child): Promise<Child>;
  stop(): Promise<void>;
}

/** Of which program, and with which settings. */
export interface CrewOptions {
  readonly kind: 'host' | 'worker';
  readonly settings: (name: string) => unknown;
  /** Forks the next process in advance: a replacement is ready sooner. Default true. */
  readonly hasSpare?: boolean;
}

/** A broker that is away just now refuses a start; whoever runs processes starts them again. */
const TRIES_MAX = 20;
const TRY_AGAIN_MS = 500;

/** A crew without members. */
export const createCrew = ({ kind, settings, hasSpare = true }: CrewOptions): Crew => {
  const file = kind === 'host' ? HOST_FILE : WORKER_FILE;
  const members: Child[] = [];
  let spare: Child | undefined;
  let count = 0;
  let isStopped = false;

  const startOne = async (): Promise<Child> => {
    for (let tries = 1; ; tries += 1) {
      const child = spare ?? forkChild(file);
      spare = hasSpare && !isStopped ? forkChild(file) : undefined;
      count += 1;
      try {
        await child.start(settings(`${kind}-${count}`));
        return child;
      } catch (error) {
        await child.kill();
        if (tries === TRIES_MAX || isStopped) throw error;
        await wait(TRY_AGAIN_MS);
      }
    }
  };
  return {
    kind,
    members,
    add: async () => {
      const child = await startOne();
      members.push(child);
      return child;
    },
    replace: async (child) => {
      const index = members.indexOf(child);
      if (index >= 0) members.splice(index, 1);
      const next = await startOne();
      if (isStopped) await next.kill();
      else members.push(next);
      return next;
    },
    stop: async () => {
      isStopped = true;
      await Promise.all([...members.map((child) => child.stop()), spare?.kill()]);
    },
  };
};
