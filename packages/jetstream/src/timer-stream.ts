// Is the timer stream still the one that the journal sources? Another one's timers would be lost.
import { PawlError } from '@pawl/core';
import type { StreamInfo } from '@nats-io/jetstream';
import type { StreamSettings, TopologyNames } from './topology.ts';

/** In the journal's metadata: when the timer stream that it sources was created. */
const TIMERS_CREATED = 'pawl-timers-created';

/** The journal's settings, with the mark of its timer stream. */
export const withTimers = (journal: StreamSettings, timers: StreamInfo): StreamSettings => ({
  ...journal,
  metadata: { ...journal.metadata, [TIMERS_CREATED]: timers.created },
});

/**
 * Is it the one that the journal began with? Without a mark (a journal made by hand) only the
 * order of creation is known.
 */
export const isItsOwnTimerStream = (journal: StreamInfo, timers: StreamInfo): boolean => {
  const mark = journal.config.metadata?.[TIMERS_CREATED];
  return mark === undefined
    ? Date.parse(timers.created) <= Date.parse(journal.created)
    : mark === timers.created;
};

/**
 * Throws `topology-mismatch` when the timer stream is missing or another than the one that the
 * journal knows: the journal goes on after the last sequence that it sourced, and a new stream
 * starts below it, so that due timers would not arrive and nothing would say so.
 */
export const checkTimers = (
  names: TopologyNames,
  journal: StreamInfo,
  timers: StreamInfo | undefined,
): void => {
  if (timers !== undefined && isItsOwnTimerStream(journal, timers)) return;
  const wanted = journal.config.metadata?.[TIMERS_CREATED] ?? `not after ${journal.created}`;
  throw new PawlError(
    'topology-mismatch',
    `Stream ${names.timers} is ${timers ? `another one (created ${timers.created})` : 'missing'} ` +
      `under the existing journal ${names.journal} (wanted: created ${wanted}): due timers would ` +
      'not reach it. Restore the timer stream from its backup, or run `pawl rebuild`.',
    {
      details: {
        stream: names.timers,
        field: 'created',
        found: timers?.created ?? null,
        wanted,
      },
    },
  );
};
