// The commands of the simulated harbour: steps under a permit, a lamp's refresh, and jobs.
import { command, type Command, type Schema } from '@pawl/core';

/** A schema that takes everything: what a world checks are effects, not inputs. */
const anything = <Data>(): Schema<Data> => ({
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value: value as Data }) },
});

/** What every command of the harbour is given; the worker answers with the same. */
export interface Note {
  readonly note: string;
}

/** Service of the harbour. */
export const HARBOUR = 'harbour';

const note = anything<Note>();

type NoteCommand = Command<Schema<Note>, Schema<Note>>;

const settings = { service: HARBOUR, input: note, output: note, deadlineMs: 900_000 } as const;

/** A step of a ship or of a tug. */
export const unload: NoteCommand = command({
  ...settings,
  name: 'unload',
  retry: { attemptsMax: 3, backoffMs: 300, factor: 2 },
  timeoutMs: 5_000,
});

/** Looks after a lamp. */
export const refresh: NoteCommand = command({ ...settings, name: 'refresh' });

/** A job of a schedule. */
export const inspect: NoteCommand = command({
  ...settings,
  name: 'inspect',
  job: true,
  retry: { attemptsMax: 1 },
});
