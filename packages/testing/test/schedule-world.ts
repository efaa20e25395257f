// A host, workers and a client over a broker in memory, for the tests of schedules.
import { openClient, type Client } from '@pawl/client';
import {
  addressKey,
  command,
  readEntry,
  type ActorAddress,
  type Command,
  type Entry,
  type Schedule,
  type ScheduleContext,
  type Schema,
} from '@pawl/core';
import { startHost, type Host, type MachinesByType } from '@pawl/host';
import { createMemoryBroker, createVirtualClock, promptNetwork } from '@pawl/testing';
import type { Crossing, MemoryBroker, VirtualClock } from '@pawl/testing';
import { builtInTasks, startWorker, task, type Worker } from '@pawl/worker';

/** What the command of these tests is given. */
export interface Work {
  readonly what: string;
}

const anything = <Data>(): Schema<Data> => ({
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value: value as Data }) },
});

/** A job of the shop. */
export const work: Command<Schema<Work>, Schema<Work>> = command({
  name: 'work',
  service: 'shop',
  job: true,
  input: anything<Work>(),
  output: anything<Work>(),
  retry: { attemptsMax: 1 },
});

/** One call of `work`. */
export interface Call {
  readonly job: string;
  readonly class: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  isAborted: boolean;
}

/** Options of a world. */
export interface ScheduleWorldOptions {
  readonly schedules: readonly Schedule[];
  readonly machines?: MachinesByType;
  /** How long a call of `work` takes, ms. */
  readonly workMs?: number;
  /** Does this call fail? */
  readonly fails?: (call: Call, index: number) => boolean;
  readonly start?: number;
}

/** The stage. */
export class ScheduleWorld {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly client: Client;
  readonly calls: Call[] = [];
  readonly lines: string[] = [];
  host: Host | undefined;
  readonly options: ScheduleWorldOptions;
  readonly #workers: Worker[] = [];
  #cut: { readonly connection: string; left: number } | undefined;

  constructor(options: ScheduleWorldOptions) {
    this.options = options;
    this.clock = createVirtualClock(options.start === undefined ? {} : { start: options.start });
    this.broker = createMemoryBroker({
      clock: this.clock,
      partitions: 2,
      network: (crossing, carry) => {
        if (this.#cuts(crossing)) return;
        promptNetwork(crossing, carry);
      },
    });
    this.client = openClient({ ports: this.broker.ports('client'), name: 't', clock: this.clock });
  }

  /** Lets time go on until a promise is settled. */
  async within<Result>(promise: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    promise.then(note, note);
    await this.clock.settle();
    for (let waitedMs = 0; !isSettled; waitedMs += 10) {
      if (waitedMs > 60_000) throw new Error('It did not settle within a minute.');
      await this.clock.advance(10);
    }
    return promise;
  }

  async startHost(schedules: readonly Schedule[] = this.options.schedules): Promise<Host> {
    this.host = await this.within(
      startHost({
        ports: this.broker.ports('host'),
        service: 'shop',
        machines: this.options.machines ?? {},
        clock: this.clock,
        checkSteps: true,
        schedules,
        log: (level, message, fields) => {
          if (level === 'warn' || level === 'error')
            this.lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
        },
      }),
    );
    return this.host;
  }

  /** The worker of the built-in types. */
  async startBuiltInWorker(name: string = 'built-in'): Promise<Worker> {
    const ports = this.broker.ports(name);
    const tasks = builtInTasks(ports);
    const worker = await this.within(
      startWorker({ ports, service: 'pawl', tasks, clock: this.clock }),
    );
    this.#workers.push(worker);
    return worker;
  }

  async startWorker(): Promise<Worker> {
    const { workMs = 0, fails } = this.options;
    const serve = task(work, async (input, context) => {
      const call: Call = {
        job: addressKey(context.actor),
        class: '',
        startedAt: this.clock.now(),
        endedAt: undefined,
        isAborted: false,
      };
      this.calls.push(call);
      const index = this.calls.length - 1;
      await new Promise<void>((resolve) => {
        this.clock.after(workMs, resolve);
        context.signal.addEventListener('abort', () => {
          call.isAborted = true;
          resolve();
        });
      });
      call.endedAt = this.clock.now();
      if (fails?.(call, index) === true) throw new Error('It failed.');
      return input;
    });
    const ports = this.broker.ports('worker');
    const worker = await this.within(
      startWorker({ ports, service: 'shop', tasks: [serve], clock: this.clock }),
    );
    this.#workers.push(worker);
    return worker;
  }

  /** Cuts a connection off for good once it has noted its progress so often. */
  killAfterProgress(connection: string, times: number): void {
    this.#cut = { connection, left: times };
  }

  #cuts({ connection, kind, subject }: Crossing): boolean {
    if (this.#cut?.connection !== connection) return false;
    if (this.#cut.left > 0 && kind === 'save' && subject.includes('.progress.'))
      this.#cut.left -= 1;
    return this.#cut.left <= 0;
  }

  /** All of it. */
  async open(): Promise<this> {
    await this.startBuiltInWorker();
    await this.startWorker();
    await this.startHost();
    await this.clock.settle();
    return this;
  }

  /** The context of a schedule. */
  async context(name: string): Promise<ScheduleContext> {
    const state = await this.within(this.client.actor('schedule', name).load());
    return state.context as ScheduleContext;
  }

  /** Entries of an actor, read. */
  entries(actor: ActorAddress): readonly Entry[] {
    return this.broker.entries(actor).map(readEntry);
  }

  /** How many calls ran at once at most. */
  peak(): number {
    const edges = this.calls.flatMap(({ startedAt, endedAt = Infinity }) => [
      { at: startedAt, by: 1 },
      { at: endedAt, by: -1 },
    ]);
    let now = 0;
    let most = 0;
    for (const { by } of edges.toSorted((one, other) => one.at - other.at || one.by - other.by))
      most = Math.max(most, (now += by));
    return most;
  }

  async close(): Promise<void> {
    const running = [...this.#workers, ...(this.host === undefined ? [] : [this.host])];
    await this.within(Promise.all(running.map((each) => each.stop())));
    await this.client.close();
  }
}
