// Host and workers of `pawl dev`: started from a module, and changed over to its next load.
import { type Log, type RegisteredMachine } from '@pawl/core';
import type { Host } from '@pawl/host';
import type { Connection } from '@pawl/jetstream';
import type { Task, Worker } from '@pawl/worker';
import { startHost, startWorker } from '../../bind.ts';
import { UsageError } from '../usage-error.ts';
import { DEV_REGISTRATION, MachineShelf, type ShelfChange } from './machine-shelf.ts';
import type { UserModule } from './user-module.ts';

/** What the runtime is given. */
export interface DevRuntimeOptions {
  readonly connection: Connection;
  readonly prefix: string | undefined;
  readonly log: Log;
}

/** What one load changed. */
export interface DevChange {
  readonly machines: readonly ShelfChange[];
  /** `<service>.<task>` of all tasks now served. */
  readonly tasks: readonly string[];
}

/** How long a running task may go on when its module has changed. */
const GRACE_MS = 5_000;

const taskName = ({ contract }: Task): string => `${contract.service}.${contract.name}`;

/** Host and workers of one `pawl dev`. */
export class DevRuntime {
  readonly #options: DevRuntimeOptions;
  readonly #shelf = new MachineShelf();
  #service: string | undefined;
  #host: Host | undefined;
  #workers: readonly Worker[] = [];

  constructor(options: DevRuntimeOptions) {
    this.#options = options;
  }

  /** The current machines. */
  get machines(): readonly RegisteredMachine[] {
    return this.#shelf.current;
  }

  /**
   * Changes over to a load of the module. A machine that fails the check leaves the earlier one in
   * place; the host is only restarted when some machine is another one.
   */
  async apply(module: UserModule): Promise<DevChange> {
    this.#service ??= module.service;
    if (module.service !== this.#service)
      throw new UsageError(
        `The service is ${module.service} now and was ${this.#service}: start pawl dev again.`,
      );
    const machines = this.#shelf.put(module.machines);
    const isChanged = machines.some(({ kind }) => kind === 'new' || kind === 'changed');
    if (isChanged) await this.#restartHost(module.service);
    await this.#restartWorkers(module.tasks);
    return { machines, tasks: module.tasks.map(taskName) };
  }

  /** Two hosts with different versions would park each other's new actors: stop first. */
  async #restartHost(service: string): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
    this.#host = await startHost({
      ...this.#bound,
      service,
      machines: this.#shelf.all,
      register: DEV_REGISTRATION,
      checkSteps: true,
      log: this.#options.log,
    });
  }

  async #restartWorkers(tasks: readonly Task[]): Promise<void> {
    const stopping = this.#workers.map((worker) => worker.stop({ graceMs: GRACE_MS }));
    const services = new Set(tasks.map(({ contract }) => contract.service));
    this.#workers = await Promise.all(
      [...services].map((service) =>
        startWorker({
          ...this.#bound,
          service,
          tasks: tasks.filter(({ contract }) => contract.service === service),
          log: this.#options.log,
        }),
      ),
    );
    await Promise.all(stopping);
  }

  get #bound(): { readonly connection: Connection; readonly prefix?: string } {
    const { connection, prefix } = this.#options;
    return { connection, ...(prefix !== undefined && { prefix }) };
  }

  /** Ends workers and host in order. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop({ graceMs: GRACE_MS })));
    await this.#host?.stop();
  }
}
