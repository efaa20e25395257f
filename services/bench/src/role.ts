// A role is a process of the bench: client, host or worker. This is the process's own side.
import type { LoopOptions, LoopResult } from './closed-loop.ts';

/** What a role needs to know. */
export interface RoleOptions {
  /** Address of nats-server. */
  readonly url: string;
}

/** Messages of one connection since it was opened. */
export interface Traffic {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A started role. */
export interface Role {
  /** Clients only. */
  readonly run?: (options: LoopOptions, onProgress: (done: number) => void) => Promise<LoopResult>;
  traffic(): Traffic;
  stop(): Promise<void>;
}

/** What a process has used since it started. */
export interface RoleUsage extends Traffic {
  /** User and system time of all threads, ms. */
  readonly cpuMs: number;
}

/** What the bench asks of a role. */
export type RoleRequest =
  | { readonly ask: 'start'; readonly options: RoleOptions }
  | { readonly ask: 'run'; readonly options: LoopOptions }
  | { readonly ask: 'usage' }
  | { readonly ask: 'stop' };

/** What a role says: an answer to the last request, or how far it is. */
export type RoleMessage =
  | { readonly say: 'answer'; readonly value: unknown }
  | { readonly say: 'failure'; readonly message: string }
  | { readonly say: 'progress'; readonly done: number };

/** What nats.js counts. */
export interface ClientStats {
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** The client's counters as traffic. */
export const trafficOf = ({ inMsgs, outMsgs, inBytes, outBytes }: ClientStats): Traffic => ({
  messagesIn: inMsgs,
  messagesOut: outMsgs,
  bytesIn: inBytes,
  bytesOut: outBytes,
});

const say = (message: RoleMessage): void => void process.send?.(message);

const usageOf = (role: Role): RoleUsage => {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, ...role.traffic() };
};

/** Serves one role in this process until it is told to stop, or the bench is gone. */
export const serveRole = (start: (options: RoleOptions) => Promise<Role>): void => {
  let role: Role | undefined;
  const started = (): Role => {
    if (role === undefined) throw new Error('The role has not been started.');
    return role;
  };
  const answer = async (request: RoleRequest): Promise<unknown> => {
    switch (request.ask) {
      case 'start':
        role = await start(request.options);
        return undefined;
      case 'run':
        return started().run?.(request.options, (done) => say({ say: 'progress', done }));
      case 'usage':
        return usageOf(started());
      case 'stop':
        await stop();
        return undefined;
    }
  };
  const stop = async (): Promise<void> => {
    const ending = role;
    role = undefined;
    await ending?.stop();
  };
  process.on('message', (request: RoleRequest) => {
    answer(request).then(
      (value) => {
        say({ say: 'answer', value });
        if (request.ask === 'stop') process.disconnect();
      },
      (error: unknown) => {
        say({ say: 'failure', message: error instanceof Error ? `${error.stack}` : String(error) });
      },
    );
  });
  // Whatever is open then is of no use to anybody.
  process.on('disconnect', () => void stop());
};
