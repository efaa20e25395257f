// Places of a simulated world: where a host, a worker or a client runs, and runs again after a
// crash.
import { openClient, openOperator, type Client, type Operator } from '@pawl/client';
import { PawlError, type Fold, type Log, type Ports } from '@pawl/core';
import { BUILT_IN_SERVICE, startHost, type Host, type HostOptions } from '@pawl/host';
import { builtInTasks, startWorker, type Worker } from '@pawl/worker';
import type { Role } from './fault.ts';
import type { SimulatedProcess } from './process.ts';
import type { Random } from './random.ts';
import type { RunLog } from './run-log.ts';
import type { Scenario } from './scenario.ts';

/** What runs at a place. */
export type Running =
  | {
      readonly role: 'host';
      readonly host: Host;
      /** Of the built-in commands, in worlds with schedules. */
      readonly worker: Worker | undefined;
      readonly isComplete: boolean;
    }
  | { readonly role: 'worker'; readonly worker: Worker }
  | { readonly role: 'client'; readonly client: Client; readonly operator: () => Operator };

/** A place. */
export interface Place {
  readonly name: string;
  readonly role: Role;
  process: SimulatedProcess | undefined;
  /** Undefined while it starts, and when nothing runs there. */
  running: Running | undefined;
  /** Processes so far. */
  count: number;
  /** Hosts: without the newest version of each machine, as in a rolling deployment. */
  isOld: boolean;
}

/** What everything that starts is given. */
export interface StartOptions {
  readonly scenario: Scenario;
  readonly fold: Fold;
  readonly log: Log;
  readonly random: Random;
  readonly isStorm: () => boolean;
  readonly runs: RunLog;
  /** Puts something between a process and its ports: where tests plant defects. */
  readonly adapt: (ports: Ports, role: Role) => Ports;
  readonly hostOptions: Partial<HostOptions>;
}

/** As many as the umbrella package gives them. */
const BUILT_IN_SLOTS = { regular: 0, heavy: 0, background: 4 };

/** The oldest version of each machine only. */
const oldMachines = (machines: Scenario['machines']): Scenario['machines'] =>
  Object.fromEntries(
    Object.entries(machines).map(([type, given]) => [
      type,
      'length' in given ? given.slice(0, 1) : given,
    ]),
  );

/** Starts what belongs to a place, in its process. Rejects like the real thing. */
export const start = async (
  { role, isOld, name }: Place,
  process: SimulatedProcess,
  options: StartOptions,
): Promise<Running> => {
  const { scenario, fold, log, random, isStorm, runs } = options;
  const { clock } = process;
  const ports = options.adapt(process.ports, role);
  const { service } = scenario;
  switch (role) {
    case 'host': {
      const machines = isOld ? oldMachines(scenario.machines) : scenario.machines;
      const own = { ports, service, machines, name: process.name.replace('.', '-'), clock, log };
      const host = await startHost({ ...options.hostOptions, ...own, fold });
      const builtIns = { ports, service: BUILT_IN_SERVICE, slots: BUILT_IN_SLOTS, clock, log };
      const worker =
        options.hostOptions.schedules === undefined
          ? undefined
          : await startWorker({ ...builtIns, tasks: builtInTasks(ports) });
      return { role, host, worker, isComplete: !isOld };
    }
    case 'worker': {
      const begin = (what: string, run: string): (() => void) => runs.begin(process, what, run);
      const tasks = scenario.tasks({ clock, random, isStorm, begin });
      const slots = { regular: 6, heavy: 3, background: 3 };
      return { role, worker: await startWorker({ ports, service, tasks, slots, clock, log }) };
    }
    case 'client': {
      let ids = 0;
      const createId = (): string => `${process.name.replace('.', '-')}-${(ids += 1)}`;
      const client = openClient({ ports, name, clock, log, createId });
      let operator: Operator | undefined;
      const open = (): Operator => openOperator({ ports, by: name, clock, log, createId });
      return { role, client, operator: () => (operator ??= open()) };
    }
  }
};

/** An error that ends a start: the process exits, and whoever looks after it starts another. */
export const isStartError = (error: unknown): boolean => error instanceof PawlError;
