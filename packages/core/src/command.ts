// The contract of a command: one value that the statechart invokes and the worker serves.
import { fromPromise, type PromiseActorLogic } from 'xstate';
import { PawlError } from './errors.ts';
import { checkName } from './names.ts';
import type { InputOf, OutputOf, Schema } from './schema.ts';

/** Which stream, consumers and slots carry a command. */
export type QueueClass = 'regular' | 'heavy' | 'background';

/** All queue classes, in the order in which they are shown. */
export const QUEUE_CLASSES: readonly QueueClass[] = ['regular', 'heavy', 'background'];

/** Is this the name of a queue class? */
export const isQueueClass = (name: unknown): name is QueueClass =>
  QUEUE_CLASSES.some((known) => known === name);

/** The queue class of a name. Throws `unknown-class`; `where` says who names it. */
export const checkQueueClass = (where: string, name: unknown): QueueClass => {
  if (isQueueClass(name)) return name;
  throw new PawlError(
    'unknown-class',
    `${where} names the queue class ${JSON.stringify(name)}; there are ${QUEUE_CLASSES.join(', ')}.`,
    { details: { class: String(name), classes: QUEUE_CLASSES } },
  );
};

/** How a failed attempt is tried again. The fold counts; the backoff is a timer. */
export interface RetryPolicy {
  /** Attempts in all, the first included. Default 3. */
  readonly attemptsMax: number;
  /** Wait before the second attempt, ms, at least 250. Default 1,000. */
  readonly backoffMs: number;
  /** Each further wait is this many times longer. Default 2. */
  readonly factor: number;
  /** Longest wait, ms. Default 60,000. */
  readonly backoffMaxMs: number;
}

/** How a command that answers `pending` is asked again. Not an attempt, not in the journal. */
export interface PollPolicy {
  /** Wait between two polls, ms. */
  readonly everyMs: number;
}

/** What both ends agree on. */
export interface CommandContract {
  readonly name: string;
  readonly service: string;
  /** Class when neither the invoke nor the operation that caused it names one. */
  readonly queue: QueueClass | undefined;
  readonly input: Schema;
  readonly output: Schema;
  readonly retry: RetryPolicy;
  /** Longest time of one attempt, ms. Default 60,000. */
  readonly timeoutMs: number;
  /** From the first attempt to the end of waiting, ms. Default 3,600,000. */
  readonly deadlineMs: number;
  readonly poll: PollPolicy | undefined;
  readonly encoding: 'msgpack' | 'json';
  /** May `client.run` start it as a job of its own? */
  readonly job: boolean;
}

/** Options of `command()`. Times in ms. */
export interface CommandOptions<Input extends Schema, Output extends Schema> {
  readonly name: string;
  readonly service: string;
  readonly queue?: QueueClass;
  readonly input: Input;
  readonly output: Output;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly poll?: PollPolicy;
  readonly encoding?: 'msgpack' | 'json';
  readonly job?: boolean;
}

/** A contract as XState actor logic: put it into `setup({ actors })` and invoke it. */
export interface Command<
  Input extends Schema = Schema,
  Output extends Schema = Schema,
> extends PromiseActorLogic<OutputOf<Output>, InputOf<Input>> {
  readonly contract: CommandContract & { readonly input: Input; readonly output: Output };
  /** Class that goes before all others: see `onQueue`. */
  readonly queueOverride?: QueueClass;
}

const RETRY: RetryPolicy = { attemptsMax: 3, backoffMs: 1000, factor: 2, backoffMaxMs: 60_000 };
const BACKOFF_MIN_MS = 250;
const TIME_MAX_MS = 100 * 365 * 86_400_000;

const isTime = (ms: number): boolean => ms > 0 && ms <= TIME_MAX_MS;

/**
 * Declares a command: one contract for the statechart's `invoke` and for the worker's task.
 * Throws `invalid-name`, `unknown-class`, or `machine-invalid` when a policy makes no sense.
 */
export const command = <Input extends Schema, Output extends Schema>(
  options: CommandOptions<Input, Output>,
): Command<Input, Output> => {
  checkName('command', options.name);
  checkName('service', options.service);
  if (options.queue !== undefined) checkQueueClass(`The command ${options.name}`, options.queue);
  const retry = { ...RETRY, ...options.retry };
  const contract = {
    name: options.name,
    service: options.service,
    queue: options.queue,
    input: options.input,
    output: options.output,
    retry,
    timeoutMs: options.timeoutMs ?? 60_000,
    deadlineMs: options.deadlineMs ?? 3_600_000,
    poll: options.poll,
    encoding: options.encoding ?? 'msgpack',
    job: options.job ?? false,
  };
  if (contract.poll !== undefined && options.deadlineMs === undefined)
    throw new PawlError(
      'machine-invalid',
      `The command ${options.name} polls, so it needs deadlineMs: how long may it stay pending?`,
    );
  if (!(retry.attemptsMax >= 1) || !isTime(contract.timeoutMs) || !isTime(contract.deadlineMs))
    throw new PawlError(
      'machine-invalid',
      `The command ${options.name} needs attemptsMax >= 1, and timeoutMs and deadlineMs of some ms ` +
        'up to 100 years: they travel as numbers and end as dates.',
    );
  if (!(retry.backoffMs >= BACKOFF_MIN_MS))
    throw new PawlError(
      'machine-invalid',
      `The command ${options.name} has retry.backoffMs ${retry.backoffMs}: the least is ` +
        `${BACKOFF_MIN_MS}, because the broker's timers are not finer.`,
    );
  const logic = fromPromise<OutputOf<Output>, InputOf<Input>>(() =>
    Promise.reject(
      new Error(`${options.name} is a command: a host publishes it. In a test, use testActor().`),
    ),
  );
  return { ...logic, contract };
};

/**
 * The same command on another queue class, whatever the operation or the contract say:
 * `setup({ actors: { resizeVolume: onQueue(resizeVolume, 'heavy') } })`.
 */
export const onQueue = <Input extends Schema, Output extends Schema>(
  original: Command<Input, Output>,
  queue: QueueClass,
): Command<Input, Output> => ({
  ...original,
  queueOverride: checkQueueClass(`onQueue(${original.contract.name}, …)`, queue),
});

/** Is this actor logic a command? */
export const isCommand = (logic: unknown): logic is Command =>
  typeof logic === 'object' && logic !== null && 'contract' in logic;
