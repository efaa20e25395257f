// An event for all actors of a type reaches each of them in the given states, once in effect.
import { generationSequence, HEADER, type ReplayedEntry } from '@pawl/core';
import type { Evidence, Life } from '../evidence.ts';

/** One run that has sent its event to all. */
interface FanOut {
  readonly schedule: string;
  readonly tick: string;
  readonly type: string;
  readonly states: readonly string[];
  /** Sequences between which it was under way. */
  readonly from: number;
  readonly to: number;
}

const TASK = 'schedule-fan-out';

const fanOutsOf = ({ replayed }: Life): readonly FanOut[] =>
  replayed.flatMap(({ entry, step, before, stored }) => {
    if (entry?.kind !== 'reply' || step.outcome.kind !== 'applied') return [];
    if (entry.body['task'] !== TASK || entry.body['outcome'] !== 'done') return [];
    const command = before?.pending.commands[String(entry.body['path'])];
    if (command === undefined || command.status === 'cancelled') return [];
    const input = command.input as Pick<FanOut, 'schedule' | 'tick' | 'type' | 'states'>;
    return [{ ...input, from: generationSequence(command.firstGeneration), to: stored.sequence }];
  });

const nameOf = ({ headers }: ReplayedEntry['stored']): string =>
  (headers[HEADER.messageId] ?? '').replace(/~.*$/, '');

/** Has it been in one of the states all the time, as far as what it was sent allows? */
const isThere = ({ replayed }: Life, { states, from, to }: FanOut): boolean => {
  const isIn = ({ step: { state } }: ReplayedEntry): boolean =>
    state?.status === 'active' && states.includes(String(state.snapshot.value));
  const first = replayed.findLast(({ stored }) => stored.sequence <= from);
  return (
    first !== undefined &&
    isIn(first) &&
    replayed.every(
      (each) => each.stored.sequence <= from || each.stored.sequence > to || isIn(each),
    )
  );
};

/** So long after the last trouble lists are right again, ms: whoever was away has been replaced. */
const CALM_MS = 10_000;

/** A run that is over has told everybody, if all went well while it asked for lists. */
export const tellsEverybody = ({ lives, world }: Evidence): readonly string[] => {
  // A list may lack what the journal has lost, and the run may have been told of the loss before.
  if (world.restoredTo !== undefined) return [];
  const at = (sequence: number): number => world.broker.journal.entries[sequence - 1]?.time ?? 0;
  const runs = [...lives.values()]
    .flatMap(fanOutsOf)
    .filter(({ from, to }) => !world.health.hasUnrest(at(from) - CALM_MS, at(to)));
  return runs.flatMap((run) =>
    [...lives.values()].flatMap((life) => {
      const [type = '', id = ''] = life.key.split('/');
      const name = `${life.key}/${run.schedule}/${run.tick}/${id}`;
      if (type !== run.type || !isThere(life, run)) return [];
      return life.replayed.some(({ stored }) => nameOf(stored) === name)
        ? []
        : [`${life.key} was never told of ${run.schedule}/${run.tick} (${run.from} to ${run.to})`];
    }),
  );
};

/**
 * Whatever is sent again takes effect once. Once the broker has forgotten the ids of what came
 * before, nobody can know of an event or a command that is still on its way.
 */
export const tellsOnce = ({ lives, world }: Evidence): readonly string[] => {
  if (world.hasForgottenIds || world.counts.has('late-host')) return [];
  return [...lives.values()].flatMap(({ key, replayed }) => {
    const seen = new Set<string>();
    return replayed.flatMap(({ stored, step }) => {
      const name = nameOf(stored);
      const [, , schedule = '', tick] = name.split('/');
      const isTold = (world.schedules ?? []).some((each) => each.name === schedule);
      if (tick === undefined || !isTold || step.outcome.kind !== 'applied') return [];
      const isAgain = seen.has(name);
      seen.add(name);
      return isAgain ? [`${key}@${stored.sequence}: ${name} took effect twice`] : [];
    });
  });
};
