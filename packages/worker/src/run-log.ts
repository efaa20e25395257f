// What a worker says about its commands. Background work is quiet: it repeats itself, thousands of
// times an hour, and whoever reads the log looks for what is new.
import {
  addressKey,
  BoundedMap,
  SCHEDULE_TYPE,
  type CommandBody,
  type Log,
  type LogLevel,
} from '@pawl/core';
import type { Outcome } from './settlement.ts';

/** Failures that are remembered, so that their repeats stay quiet. */
const REMEMBERED_MAX = 10_000;

/** Says how commands end. */
export interface RunLog {
  ended(command: CommandBody, outcome: Outcome): void;
  /** The log for the task itself. */
  of(command: CommandBody, id: string): Log;
}

/**
 * Regular and heavy commands: done at `debug`, each failure at `info`: their actors hear of it.
 * Background commands, which nobody waits for: the
 * first failure of a kind (task and code) at `warn`, or `error` when it is not retryable; repeats
 * at `debug` until the task succeeds again, which is told once at `info`. One actor that goes on
 * failing among others that succeed is told once, too.
 */
export const createRunLog = (log: Log): RunLog => {
  /** Failures in a row, by task or schedule; and by task and actor. */
  const kinds = new Map<string, Map<string, number>>();
  const actors = new BoundedMap<string, string>(REMEMBERED_MAX);

  const succeeded = (command: CommandBody): number => {
    const source = sourceOf(command);
    actors.delete(`${command.task} ${addressKey(command.actor)}`);
    const failures = [...(kinds.get(source)?.values() ?? [])];
    kinds.delete(source);
    return failures.reduce((sum, count) => sum + count, 0);
  };

  /** Is it the first of its kind since the last success? */
  const isNews = (command: CommandBody, code: string): boolean => {
    const { task, actor } = command;
    const source = sourceOf(command);
    const codes = kinds.get(source) ?? new Map<string, number>();
    kinds.set(source, codes);
    const before = codes.get(code) ?? 0;
    codes.set(code, before + 1);
    const key = `${task} ${addressKey(actor)}`;
    const isKnownHere = actors.get(key) === code;
    actors.set(key, code);
    return before === 0 && !isKnownHere;
  };

  const failed = (
    command: CommandBody,
    { error }: Extract<Outcome, { readonly outcome: 'failed' }>,
  ): void => {
    const isBackground = command.class === 'background';
    const isQuiet = isBackground && !isNews(command, error.code);
    const loud: LogLevel = !isBackground ? 'info' : error.retryable === false ? 'error' : 'warn';
    log(isQuiet ? 'debug' : loud, `${command.task} failed: ${error.message}`, {
      ...fieldsOf(command),
      code: error.code,
      attempt: command.attempt,
      ...(isBackground && !isQuiet && { repeats: 'told at debug until it succeeds' }),
    });
  };

  return {
    ended: (command, outcome) => {
      if (outcome.outcome === 'failed') return failed(command, outcome);
      if (outcome.outcome === 'cancelled') return;
      const failures = command.class === 'background' ? succeeded(command) : 0;
      if (failures > 0)
        log('info', `${command.task} works again after ${failures} failures`, fieldsOf(command));
      else log('debug', `${command.task} done`, fieldsOf(command));
    },
    of: (command, id) => (level, message, fields) =>
      log(command.class === 'background' && level === 'info' ? 'debug' : level, message, {
        command: id,
        task: command.task,
        ...fields,
      }),
  };
};

/** Failures are summed up by task; what a schedule needs for itself, by schedule. */
const sourceOf = ({ task, actor }: CommandBody): string =>
  actor.type === SCHEDULE_TYPE ? `${task} ${addressKey(actor)}` : task;

const fieldsOf = ({ actor, class: queueClass }: CommandBody): Record<string, unknown> => ({
  actor: addressKey(actor),
  class: queueClass,
});
