// Starts a role in a process of its own and talks to it. This is the bench's side.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoopOptions, LoopResult } from './closed-loop.ts';
import type { RoleMessage, RoleOptions, RoleRequest, RoleUsage } from './role.ts';

/** A role in a process of its own. */
export interface RoleProcess {
  run(options: LoopOptions, onProgress: (done: number) => void): Promise<LoopResult>;
  usage(): Promise<RoleUsage>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** How to start one. */
export interface RoleProcessOptions extends RoleOptions {
  /** File in this folder, without its ending: `floor-client`, `pawl-host`, … */
  readonly name: string;
  /** A CPU profile is written into this folder when the process ends. */
  readonly profileFolder?: string | undefined;
}

const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const forkRole = ({ name, profileFolder }: RoleProcessOptions): ChildProcess => {
  const file = fileURLToPath(new URL(`./${name}${ending}`, import.meta.url));
  const profile =
    profileFolder === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
  return fork(file, [], {
    execArgv: [...process.execArgv, ...profile],
    serialization: 'advanced',
    // Standard output belongs to the result.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
};

/** Starts a role; resolves once it is ready. One request at a time. */
export const startRole = async (options: RoleProcessOptions): Promise<RoleProcess> => {
  const child = forkRole(options);
  const ask = (request: RoleRequest, onProgress?: (done: number) => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        child.off('message', onMessage).off('exit', onExit);
        settle();
      };
      const onExit = (code: number | null): void =>
        finish(() =>
          reject(new Error(`${options.name} ended with ${code} during ${request.ask}.`)),
        );
      const onMessage = (message: RoleMessage): void => {
        switch (message.say) {
          case 'progress':
            onProgress?.(message.done);
            return;
          case 'answer':
            finish(() => resolve(message.value));
            return;
          case 'failure':
            finish(() => reject(new Error(`${options.name}, ${request.ask}: ${message.message}`)));
        }
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(request);
    });
  await ask({ ask: 'start', options: { url: options.url } });
  return {
    run: async (loop, onProgress) =>
      (await ask({ ask: 'run', options: loop }, onProgress)) as LoopResult,
    usage: async () => (await ask({ ask: 'usage' })) as RoleUsage,
    stop: async () => {
      await ask({ ask: 'stop' });
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
};
