// A simulated cloud on a clock that the test moves, with our client and our tasks in front of it.
import { startOpenStackSimulator } from '@pawl/openstack-simulator';
import type { OpenStackSimulator, SimulatorOptions } from '@pawl/openstack-simulator';
import type { TaskContext } from 'pawl';
import { createOpenStackClient, openstackTasks } from '../src/index.ts';
import type { CloudSettings, OpenStackClient } from '../src/index.ts';

/** Who calls, and how: as a worker would tell a task. */
export interface Caller {
  readonly actor?: TaskContext['actor'];
  readonly key?: string;
  readonly signal?: AbortSignal;
  readonly lastDetails?: unknown;
}

/** A running simulator with our side of the wire. */
export interface Cloud {
  readonly simulator: OpenStackSimulator;
  readonly settings: CloudSettings;
  readonly client: OpenStackClient;
  /** Moves the clock on. */
  advance(ms: number): void;
  /** Runs a task once, as the actor `volume/vol-1` unless told otherwise. Throws what it throws. */
  run(name: string, input: object, caller?: Caller): Promise<unknown>;
}

export const IMAGE = 'cirros-0.6.2-x86_64-disk';

const DURATIONS = {
  buildMs: 1_000,
  createVolumeMs: 100,
  deleteServerMs: 50,
  deleteVolumeMs: 20,
  jitter: 0,
};

/** Starts a simulator whose clock stands still until `advance`. */
export const openCloud = async (options: SimulatorOptions = {}): Promise<Cloud> => {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };
  const durations = { ...DURATIONS, ...options.durations };
  const simulator = await startOpenStackSimulator({ clock, ...options, durations });
  const { identityUrl, username, password, projectName } = simulator;
  const settings: CloudSettings = { authUrl: identityUrl, username, password, projectName };
  const client = createOpenStackClient(settings);
  const tasks = new Map(
    openstackTasks({ clients: () => client }).map((one) => [one.contract.name, one]),
  );
  return {
    simulator,
    settings,
    client,
    advance: (ms) => {
      now += ms;
    },
    run: async (name, input, caller = {}) => {
      const task = tasks.get(name);
      if (task === undefined) throw new Error(`There is no task ${name}.`);
      const { actor = { type: 'volume', id: 'vol-1' }, key = 'first' } = caller;
      return task.run(
        { settings: 'default', ...input },
        {
          actor,
          idempotencyKey: key,
          signal: caller.signal ?? new AbortController().signal,
          lastDetails: caller.lastDetails,
          attempt: 1,
          isRedelivery: false,
          deadlineAt: now + 60_000,
          progress: async () => undefined,
          log: () => undefined,
        },
      );
    },
  };
};

/** What a task or a client threw, as data. */
export const thrownBy = async (
  call: Promise<unknown>,
): Promise<{ code?: unknown; retryable?: unknown; message: string }> => {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const fieldOf = (name: string): unknown => Reflect.get(error, name);
    return { code: fieldOf('code'), retryable: fieldOf('retryable'), message: error.message };
  }
  throw new Error('Nothing was thrown.');
};
