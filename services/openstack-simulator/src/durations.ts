// How long each transition of a resource takes.
import type { Seeded } from './seeded.ts';

/** Durations of the transitions, in milliseconds, and how much they vary. */
export interface Durations {
  /** BUILD to ACTIVE or ERROR. */
  buildMs: number;
  /** From the deletion of a server until it is gone. */
  deleteServerMs: number;
  /** creating to available or error. */
  createVolumeMs: number;
  /** deleting until gone or error_deleting. */
  deleteVolumeMs: number;
  /** Share of the duration by which it varies either way, 0 to 1. */
  jitter: number;
}

/** What holds where the options say nothing. */
export const DEFAULT_DURATIONS: Durations = {
  buildMs: 2_000,
  deleteServerMs: 500,
  createVolumeMs: 1_000,
  deleteVolumeMs: 500,
  jitter: 0.2,
};

/** A transition whose duration can be set. */
export type Transition = Exclude<keyof Durations, 'jitter'>;

/** Tells how long a transition of one resource takes, jitter included. */
export type DurationOf = (transition: Transition, resourceId: string) => number;

/** Creates the function that tells durations; refuses numbers that are not durations. */
export const createDurationOf = (options: Partial<Durations>, seeded: Seeded): DurationOf => {
  const durations = { ...DEFAULT_DURATIONS, ...options };
  for (const [name, value] of Object.entries(durations))
    if (!Number.isFinite(value) || value < 0)
      throw new RangeError(`durations.${name} is ${value}: it must be a number of at least 0`);
  if (durations.jitter > 1)
    throw new RangeError(`durations.jitter is ${durations.jitter}: it must be between 0 and 1`);
  return (transition, resourceId) => {
    const spread = seeded.fraction('jitter', transition, resourceId) * 2 - 1;
    return Math.round(durations[transition] * (1 + durations.jitter * spread));
  };
};
