// Commands in the pending table: started, tried again, settled, cancelled and remembered.
import type { PendingCommand } from '../actor-state.ts';
import type { QueueClass } from '../command.ts';
import { failedCommand } from '../command-error.ts';
import { errorDataOf, type ErrorData } from '../errors.ts';
import { validate } from '../schema.ts';
import type { RunningRef } from './actor-ref.ts';
import { armEffect, cancelEffect, commandEffect } from './command-effect.ts';
import type { FoldedContract } from './contract.ts';
import { toPlain } from '../json-data.ts';
import type { StepCore } from './step-core.ts';
import { isTaskLogic, Settlement } from './task-logic.ts';
import { disarm } from './timer-ledger.ts';

/** Cancelled commands that are remembered for a late success. */
const CANCELLED_MAX = 100;

/** Generations that are remembered besides the first and the current. */
const BETWEEN_MAX = 20;

const retryKey = (path: string): string => `${path}#retry`;

/** What a command asks for: part of its generation. */
const contentOf = (service: string, task: string, input: unknown): string =>
  `${service}|${task}|${JSON.stringify(input)}`;

const classFor = (contract: FoldedContract, operation: QueueClass | undefined): QueueClass =>
  contract.queueOverride ?? operation ?? contract.queue ?? 'regular';

/** Key of a cancelled command in the table. */
export const cancelledKey = ({ path, generation }: PendingCommand): string =>
  `${path}@${generation}`;

/** A command that nobody waits for any more. */
export const cancelledOf = (pending: PendingCommand): PendingCommand => ({
  ...pending,
  status: 'cancelled',
  ...(pending.status === 'backoff' && { answered: true as const }),
});

/** An invoke or spawn of a command begins. An input that does not fit is an error event at once. */
export const startCommand = (
  core: StepCore,
  path: string,
  ref: RunningRef,
  contract: FoldedContract,
  input: unknown,
): void => {
  const what = `Input of the command ${contract.name} (${path})`;
  let plain: unknown;
  try {
    plain = input === undefined ? undefined : toPlain(input, what).value;
    if (contract.input !== undefined) validate(contract.input, input, 'invalid-input', what);
  } catch (error) {
    ref.send(new Settlement('error', failedCommand(errorDataOf(error, 'invalid-input'), 1)));
    return;
  }
  const asked = plain ?? null;
  const generation = core.generation(path, contentOf(contract.service, contract.name, asked));
  const { time } = core.turn;
  const pending: PendingCommand = {
    status: 'running',
    path,
    generation,
    firstGeneration: generation,
    class: classFor(contract, core.class),
    ...(core.class !== undefined && { operation: core.class }),
    service: contract.service,
    task: contract.name,
    input: asked,
    attempt: 1,
    since: time,
    attemptSince: time,
    timeoutMs: contract.timeoutMs,
    deadlineAt: time + contract.deadlineMs,
    encoding: contract.encoding,
    src: String(ref.src),
    hops: core.hops,
  };
  core.pending.commands.set(path, pending);
  core.effects.push(commandEffect(core.address, pending));
};

/** The next attempt begins: a generation of its own, the idempotency key of the first. */
export const startNextAttempt = (
  core: StepCore,
  before: PendingCommand,
  changes: Partial<Pick<PendingCommand, 'attempt' | 'deadlineAt'>> = {},
): void => {
  const { path, generation, firstGeneration, between = [], service, task, input } = before;
  disarm(core, retryKey(path));
  const next: PendingCommand = {
    ...before,
    status: 'running',
    generation: core.generation(path, contentOf(service, task, input)),
    ...(generation !== firstGeneration && {
      between: [...between, generation].slice(-BETWEEN_MAX),
    }),
    attempt: before.attempt + 1,
    attemptSince: core.turn.time,
    ...changes,
  };
  core.pending.commands.set(path, next);
  core.effects.push(commandEffect(core.address, next));
};

/** The deadline of a command that an operator starts again: as much time as it had at first. */
export const renewedDeadline = (core: StepCore, { since, deadlineAt }: PendingCommand): number =>
  Math.max(deadlineAt, core.turn.time + deadlineAt - since);

/** The current attempt failed and another follows after a wait. */
export const backOff = (
  core: StepCore,
  pending: PendingCommand,
  error: ErrorData,
  waitMs: number,
): void => {
  const { path } = pending;
  const key = retryKey(path);
  const timer = {
    key,
    generation: core.generation(key),
    kind: 'retry',
    dueAt: core.turn.time + waitMs,
    since: core.turn.time,
    command: path,
  } as const;
  core.pending.commands.set(path, { ...pending, status: 'backoff', lastError: error });
  core.pending.timers.set(key, timer);
  core.effects.push(armEffect(timer));
};

/** The command has ended: the invoke gets its done or error event. */
export const settle = (
  core: StepCore,
  pending: PendingCommand,
  ref: RunningRef,
  end: { readonly output: unknown } | { readonly error: ErrorData },
): void => {
  core.pending.commands.delete(pending.path);
  disarm(core, retryKey(pending.path));
  core.class = pending.operation;
  ref.send(
    'error' in end
      ? new Settlement('error', failedCommand(end.error, pending.attempt))
      : new Settlement('done', end.output),
  );
};

/** The state that needed the command was left: remembered until its reply or deadline. */
export const cancel = (core: StepCore, pending: PendingCommand): void => {
  const { commands } = core.pending;
  commands.delete(pending.path);
  if (pending.status === 'running') core.effects.push(cancelEffect(core.address, pending));
  commands.set(cancelledKey(pending), cancelledOf(pending));
};

/** Forgets cancelled commands past their deadline, and the oldest over the limit. */
export const forgetCancelled = (core: StepCore): void => {
  const { commands } = core.pending;
  const cancelled: PendingCommand[] = [];
  for (const pending of Object.values(commands.current))
    if (pending.status === 'cancelled')
      if (pending.deadlineAt <= core.turn.time) commands.delete(cancelledKey(pending));
      else cancelled.push(pending);
  for (const old of cancelled.slice(0, Math.max(0, cancelled.length - CANCELLED_MAX)))
    commands.delete(cancelledKey(old));
};

/** The contract of a command that runs. */
export const contractOf = (ref: RunningRef): FoldedContract | undefined =>
  isTaskLogic(ref.logic)
    ? ref.logic.contractOf?.((ref.getSnapshot() as { input?: unknown }).input)
    : undefined;
