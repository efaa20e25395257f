// startWorker(): takes the commands of a service off its queues and runs the tasks that serve them.
import {
  checkName,
  decodeBody,
  Dictionary,
  errorFields,
  limitLog,
  logConnection,
  PawlError,
  QUEUE_CLASSES,
  silentLog,
  systemClock,
  TokenTable,
  troubleLevel,
} from '@pawl/core';
import type {
  BusMessage,
  Clock,
  CommandConsumer,
  CommandDelivery,
  Log,
  Ports,
  QueueClass,
  TaskTiming,
} from '@pawl/core';
import { createCancellations } from './cancellations.ts';
import { handleDelivery } from './delivery-handler.ts';
import { keepRegistered } from './registration.ts';
import { createReplier } from './replier.ts';
import { createRunLog } from './run-log.ts';
import { slotsOf, type Slots, type SlotOptions } from './slots.ts';
import { createStats, type WorkerStats } from './stats.ts';
import { createTaskTable } from './task-table.ts';
import { createTaskTimings } from './task-timings.ts';
import { Tally } from './tally.ts';
import type { Task } from './task.ts';
import { stopWorker, type StopOptions } from './stop-worker.ts';
import { startBeating } from './worker-beat.ts';
import type { WorkerShell } from './worker-shell.ts';

/** Options of `startWorker`. */
export interface WorkerOptions extends SlotOptions {
  readonly ports: Ports;
  /** The service whose commands it takes. All its tasks belong to it. */
  readonly service: string;
  /** What it can run, made by `task()`. */
  readonly tasks: readonly Task[];
  /** Unique among the workers of the service. Default: random. */
  readonly name?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Called with each line; of trouble that repeats, with a count. Default: silence. */
  readonly log?: Log;
}

/** A running worker. */
export interface Worker {
  readonly name: string;
  readonly service: string;
  readonly slots: Slots;
  /** Slots that are taken, by class. */
  busy(): Slots;
  /** Of these, by class: slots of tasks that go on after their timeout, deaf to their signal. */
  overdue(): Slots;
  /** Counters since the start. */
  stats(): Readonly<WorkerStats>;
  /** How long its tasks take: the last runs of each task and class. */
  timings(): readonly TaskTiming[];
  /**
   * Takes no more, lets what runs finish, answers and acknowledges. What still runs after
   * `graceMs` (default 30,000) has its signal aborted and is given to another worker.
   */
  stop(options?: StopOptions): Promise<void>;
}

/** Half of the ack wait would do; a third forgives one lost message. */
const EXTEND_EVERY_MS = 10_000;

/** Starts a worker. Rejects when the broker cannot be reached or a task is not of the service. */
export const startWorker = async (options: WorkerOptions): Promise<Worker> => {
  const { ports, service, clock = systemClock } = options;
  const log = limitLog(options.log ?? silentLog, clock);
  const name = options.name ?? `worker-${crypto.randomUUID().slice(0, 8)}`;
  checkName('worker', name);
  const tasks = createTaskTable(service, options.tasks);
  const slots = slotsOf(options);
  const stats = createStats();
  let isAlive = true;

  const shell: WorkerShell = {
    ports,
    service,
    clock,
    log,
    tasks,
    cancellations: createCancellations(),
    running: new Dictionary(),
    suspects: new Set(),
    held: new TokenTable(),
    stats,
    busy: { regular: 0, heavy: 0, background: 0 },
    overdue: { regular: 0, heavy: 0, background: 0 },
    slots,
    runLog: createRunLog(options.log ?? silentLog),
    timings: createTaskTimings(),
    sendReply: createReplier({
      ports,
      service,
      clock,
      log,
      isAlive: () => isAlive,
      onRetry: () => (stats.replyRetries += 1),
    }),
    acks: new Tally(),
  };

  const registration = await keepRegistered(shell);
  const cancels = ports.bus.subscribe(ports.subjects.cancel(service), (message) =>
    onCancel(shell, message),
  );
  const extender = clock.every(EXTEND_EVERY_MS, () => {
    for (const [, { delivery }] of shell.held.entries()) delivery.extend();
  });
  const work = new Tally();
  const consumers: CommandConsumer[] = [];
  const connectionLog = logConnection(ports.bus, clock, log);
  const stopListening = (): void => {
    registration.stop();
    connectionLog.stop();
    cancels.stop();
    extender.stop();
  };
  try {
    for (const queueClass of QUEUE_CLASSES)
      if (slots[queueClass] > 0)
        consumers.push(await openQueue(shell, queueClass, slots[queueClass], work));
  } catch (error) {
    stopListening();
    await Promise.all(consumers.map((consumer) => consumer.close()));
    throw error;
  }

  const beats = startBeating(shell, name, slots);
  let stopping: Promise<void> | undefined;
  return {
    name,
    service,
    slots,
    busy: () => ({ ...shell.busy }),
    overdue: () => ({ ...shell.overdue }),
    stats: () => ({ ...stats }),
    timings: () => shell.timings.list(),
    stop: (stopOptions = {}) => {
      beats.stop();
      stopping ??= stopWorker(shell, { consumers, work }, stopOptions).finally(() => {
        isAlive = false;
        stopListening();
      });
      return stopping;
    },
  };
};

/** Pulls one class: requested and running commands together are as many as there are slots. */
const openQueue = async (
  shell: WorkerShell,
  queueClass: QueueClass,
  slots: number,
  work: Tally,
): Promise<CommandConsumer> => {
  let freed = 0;
  const release = (): void => {
    freed += 1;
    // Commands that end in the same turn are asked for in one request.
    if (freed > 1) return;
    queueMicrotask(() => {
      consumer.request(freed);
      freed = 0;
    });
  };
  const onCommand = (delivery: CommandDelivery): void => {
    work.begin();
    void handle(shell, delivery).then(() => {
      release();
      work.end();
    });
  };
  const onTrouble = (error: Error): void => {
    const fields = { class: queueClass, ...errorFields(error) };
    shell.log(troubleLevel(error), 'Commands could not be pulled', fields);
  };
  const listener = { onCommand, onTrouble };
  const consumer = await shell.ports.commands.consume(queueClass, shell.service, listener);
  consumer.request(slots);
  return consumer;
};

/** Never rejects: a command that could not be answered comes again. */
const handle = async (shell: WorkerShell, delivery: CommandDelivery): Promise<void> => {
  try {
    await handleDelivery(shell, delivery);
  } catch (error) {
    shell.log('error', 'A command could not be answered; it comes again', {
      task: delivery.subject.task,
      actor: `${delivery.subject.actor.type}/${delivery.subject.actor.id}`,
      ...errorFields(error),
    });
  }
};

const onCancel = (shell: WorkerShell, message: BusMessage): void => {
  try {
    const { id } = decodeBody(message.body);
    if (typeof id !== 'string') return;
    const execution = shell.running.get(id);
    if (execution === undefined) shell.cancellations.add(id, shell.clock.now());
    else execution.abort('cancelled');
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    shell.log('warn', 'A cancel notice could not be read', errorFields(error));
  }
};
