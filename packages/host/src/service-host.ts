// Hosts the types of one service: its consumers, partitions, questions, heartbeat and sweep.
import {
  encodeJson,
  errorFields,
  machineRecordOf,
  type BusSubscription,
  type HeartbeatBody,
  type Stoppable,
} from '@pawl/core';
import type { HostContext } from './host-context.ts';
import { Partition } from './partition/partition.ts';
import { ShareKeeper } from './partition/share-keeper.ts';
import { HEARTBEAT_MS } from './partition/shares.ts';
import { answerQuestions } from './question/questions.ts';
import { isPassing, untilDone } from './retry.ts';

/** One service of a host. */
export class ServiceHost {
  readonly #context: HostContext;
  readonly #partitions: readonly Partition[];
  readonly #shares: ShareKeeper;
  #subscriptions: readonly BusSubscription[] = [];
  #timers: readonly Stoppable[] = [];
  #attending: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(context: HostContext) {
    this.#context = context;
    this.#partitions = Array.from(
      { length: context.identity.partitions },
      (_, number) => new Partition(context, number),
    );
    this.#shares = new ShareKeeper(context, this.#partitions);
  }

  /** Registers the machines: throws `machine-changed` or `type-claimed`. */
  async register(): Promise<void> {
    const { ports, catalog, service } = this.#context;
    for (const machine of catalog.all())
      await ports.registry.registerMachine(machineRecordOf(machine, service));
  }

  /** What the broker needs for the service: the consumers of its types, queues for its commands. */
  async #provision(): Promise<void> {
    const { ports, catalog, service } = this.#context;
    await ports.journal.provisionConsumers(service, catalog.types);
    const commanded = catalog.all().flatMap(({ commands }) => [...commands.values()]);
    for (const each of new Set(commanded.map(({ contract }) => contract.service)))
      await ports.commands.provision(each);
  }

  /** Provisions the consumers and starts to pull. */
  async start(): Promise<void> {
    const { ports, clock, limits, streams } = this.#context;
    if (!(await streams.look(() => this.#provision()))) await this.#provision();
    this.#subscriptions = [
      ...answerQuestions(this.#context, this.#partitions),
      ports.bus.subscribe(ports.subjects.rebuilt(), () => this.#attend()),
      // It may have been told while nobody listened here.
      ports.bus.onConnection((state) => {
        if (state === 'connected') this.#attend();
      }),
    ];
    await Promise.all(this.#partitions.map((partition) => partition.open()));
    this.#shares.start();
    this.#timers = [
      clock.every(HEARTBEAT_MS, () => this.#beat()),
      clock.every(limits.watchEveryMs, () => this.#forEach('watch')),
      clock.every(limits.sweepEveryMs, () => {
        this.#attend();
        this.#forEach('sweep');
      }),
    ];
    this.#beat();
    // What a dead host left is taken over now, not only when something new arrives.
    this.#forEach('watch');
    await ports.bus.flush();
  }

  /** Looks whether streams were made anew, and then registers and has each partition visited. */
  #attend(): void {
    const { streams, clock, log, service } = this.#context;
    const settle = async (): Promise<void> => {
      await this.register();
      await this.#provision();
    };
    const what = `Registering service ${service} again`;
    const retry = { clock, log, what, isWanted: () => !this.#isStopped };
    this.#attending = this.#attending
      .then(() => untilDone(() => streams.look(settle), retry))
      .then((isNews) => {
        if (isNews && !this.#isStopped) this.#forEach('sweep');
      })
      .catch((error: unknown) => log('error', `${what} failed`, errorFields(error)));
  }

  /** Numbers of the partitions that this host has. */
  get held(): readonly number[] {
    return this.#partitions.filter(({ isHeld }) => isHeld).map(({ number }) => number);
  }

  #beat(isLast: boolean = false): void {
    const { ports, service, host, startedAt, catalog, clock, log } = this.#context;
    const body: HeartbeatBody = {
      service,
      host,
      startedAt,
      partitions: isLast ? [] : this.held,
      machines: catalog.versions(),
      time: clock.now(),
      ...(isLast && { leaving: true }),
    };
    if (!isLast) this.#shares.look();
    try {
      ports.bus.publish(ports.subjects.heartbeat(service, host), encodeJson(body));
    } catch (error) {
      log('debug', 'A heartbeat could not be sent', errorFields(error));
    }
  }

  #forEach(what: 'watch' | 'sweep'): void {
    const { log, service } = this.#context;
    for (const partition of this.#partitions)
      partition[what]().catch((error: unknown) =>
        // A broker that is away is told once, by those who pull.
        log(
          isPassing(error) ? 'debug' : 'warn',
          `The ${what} of partition ${partition.number} of ${service} failed`,
          errorFields(error),
        ),
      );
  }

  /** Finishes, saves, acknowledges and gives all partitions away. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.stop();
    this.#shares.stop();
    this.#beat(true);
    await Promise.all(this.#partitions.map((partition) => partition.close()));
    for (const subscription of this.#subscriptions) subscription.stop();
  }
}
