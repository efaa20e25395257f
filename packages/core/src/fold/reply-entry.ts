// Folds `reply`: how one attempt of a command ended, or a late success that nobody waits for.
import type { PendingCommand } from '../actor-state.ts';
import type { Dictionary } from '../dictionary.ts';
import type { ReplyBody } from '../entry.ts';
import { errorDataOf, type ErrorData } from '../errors.ts';
import { commandId } from '../generation.ts';
import { copyData } from '../json-data.ts';
import { validate } from '../schema.ts';
import type { Step } from '../step.ts';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import { cancelEffect } from './command-effect.ts';
import { backOff, cancelledKey, contractOf, settle } from './command-ledger.ts';
import type { FoldedContract } from './contract.ts';
import { execute } from './execute.ts';
import type { RunningActor } from './running-actor.ts';
import type { StepCore } from './step-core.ts';
import { ignored, passedOver, type LivingTurn } from './turn.ts';
import { refusalOf } from './event-entry.ts';

const matches = (turn: LivingTurn, command: PendingCommand, reply: ReplyBody): boolean =>
  command.path === reply.path &&
  command.task === reply.task &&
  command.service === turn.entry.service &&
  turn.rules.attemptOf(command, reply.generation) !== 'unknown';

/** Folds a reply: by path, generation, task and the service whose subject it came on. */
export const foldReply = (turn: LivingTurn): Step => {
  const { state, rules } = turn;
  const reply = turn.entry.body as ReplyBody;
  const waiting = state.pending.commands[reply.path];
  if (waiting !== undefined && waiting.status !== 'cancelled' && matches(turn, waiting, reply)) {
    const refusal = refusalOf(turn, 'replies');
    if (refusal !== undefined) return refusal;
    const isCurrent =
      waiting.status === 'running' && rules.attemptOf(waiting, reply.generation) === 'current';
    return reply.outcome === 'done' || isCurrent
      ? answer(turn, waiting, reply)
      : ignored(turn, 'stale-reply');
  }
  const cancelled = Object.values(state.pending.commands).find(
    (command) => command.status === 'cancelled' && matches(turn, command, reply),
  );
  return cancelled === undefined ? ignored(turn, 'stale-reply') : late(turn, cancelled, reply);
};

/** An output that the actor has no room for is an error of the command: its event comes instead. */
const answer = (turn: LivingTurn, waiting: PendingCommand, reply: ReplyBody): Step => {
  const asFailed = (error: unknown): Step =>
    answer(turn, waiting, { ...reply, outcome: 'failed', error: errorDataOf(error) });
  const act = (core: StepCore, { system }: RunningActor): Step | undefined => {
    const ref = system.running.get(waiting.path);
    const contract = ref && contractOf(ref);
    if (ref === undefined || contract === undefined) return ignored(turn, 'stale-reply');
    const isEarlier = turn.rules.attemptOf(waiting, reply.generation) === 'earlier';
    // An earlier attempt has done it: nobody waits for the one that runs now.
    if (isEarlier && waiting.status === 'running')
      core.effects.push(cancelEffect(core.address, waiting));
    if (reply.outcome === 'done') succeed(core, waiting, ref, contract, reply.output);
    else if (reply.outcome === 'failed') fail(core, waiting, ref, contract, reply);
    else settle(core, waiting, ref, { error: CANCELLED });
    return undefined;
  };
  return execute(turn, waiting.hops, {}, act, reply.outcome === 'done' ? asFailed : undefined);
};

const CANCELLED: ErrorData = {
  code: 'cancelled',
  message: 'The worker was told that nobody waits for this command.',
  retryable: false,
};

const succeed = (
  core: StepCore,
  waiting: PendingCommand,
  ref: RunningRef,
  { output: schema }: FoldedContract,
  output: unknown,
): void => {
  let value: unknown;
  try {
    const what = `Output of ${waiting.task}`;
    value = schema === undefined ? output : validate(schema, output, 'invalid-output', what);
  } catch (error) {
    settle(core, waiting, ref, { error: errorDataOf(error) });
    return;
  }
  settle(core, waiting, ref, { output: value });
};

const fail = (
  core: StepCore,
  waiting: PendingCommand,
  ref: RunningRef,
  contract: FoldedContract,
  reply: ReplyBody & { readonly outcome: 'failed' },
): void => {
  const { turn } = core;
  // A poll succeeded since: this failure is the first of a new series.
  const attempt = reply.polled === true ? 1 : waiting.attempt;
  const pending = { ...waiting, attempt };
  const id = commandId(core.address, waiting.path, waiting.generation);
  const waitMs = turn.rules.backoffMs(contract, attempt, id);
  const hasTime = turn.time + waitMs < waiting.deadlineAt;
  const isOver =
    reply.error.retryable === false || attempt >= contract.retry.attemptsMax || !hasTime;
  if (isOver) settle(core, pending, ref, { error: reply.error });
  else backOff(core, pending, reply.error, waitMs);
};

/** The machine that owned the command, or the nearest above it that handles the late success. */
const handlerOf = (
  running: Pick<Dictionary<RunningRef>, 'get'>,
  path: string,
  event: MachineEvent,
): RunningRef | undefined => {
  let owner = path;
  while (owner !== '') {
    owner = owner.includes('/') ? owner.slice(0, owner.lastIndexOf('/')) : '';
    const ref = running.get(owner);
    if (ref?.getSnapshot().takes?.(event) === true) return ref;
  }
  return undefined;
};

/**
 * After this nothing can come any more: not so while a later attempt runs, or this one does,
 * because its timeout only ended the waiting. A success of either has to find its owner.
 */
const endsCancelled = ({ rules }: LivingTurn, command: PendingCommand, reply: ReplyBody): boolean =>
  rules.attemptOf(command, reply.generation) === 'current' &&
  command.answered !== true &&
  !(reply.outcome === 'failed' && reply.error.code === 'task-timeout');

const late = (turn: LivingTurn, command: PendingCommand, reply: ReplyBody): Step => {
  const { state } = turn;
  const key = cancelledKey(command);
  if (reply.outcome !== 'done' && !endsCancelled(turn, command, reply))
    return ignored(turn, 'stale-reply');
  if (reply.outcome !== 'done' || state.status !== 'active') return forget(turn, command, reply);
  const event = {
    type: `pawl.late.${command.src}`,
    path: command.path,
    input: copyData(command.input),
    output: reply.output,
  };
  const act = (core: StepCore, { system }: RunningActor): Step | undefined => {
    const handler = handlerOf(system.running, command.path, event);
    if (handler === undefined) return forget(turn, command, reply);
    core.pending.commands.delete(key);
    core.class = command.operation;
    turn.rules.deliver(handler, event);
    return undefined;
  };
  return execute(turn, command.hops, {}, act, () => forget(turn, command, reply));
};

/** Without a machine to handle it, a success is an effect without owner. */
const forget = (turn: LivingTurn, command: PendingCommand, reply: ReplyBody): Step => {
  const { state, entry } = turn;
  const { [cancelledKey(command)]: _forgotten, ...commands } = state.pending.commands;
  return {
    state: { ...passedOver(turn), pending: { ...state.pending, commands } },
    effects:
      reply.outcome === 'done'
        ? [
            {
              kind: 'late',
              id: commandId(entry, command.path, reply.generation),
              path: command.path,
              src: command.src,
              input: command.input,
              task: command.task,
              service: command.service,
              output: reply.output ?? null,
            },
          ]
        : [],
    outcome: { kind: 'applied' },
  };
};
