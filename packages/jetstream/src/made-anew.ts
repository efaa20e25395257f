// Streams that are made anew beside a journal: where their sequences begin, and who is told.
import { createSubjects } from '@pawl/core';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Connection } from './connection.ts';

/**
 * Where the sequences of a stream begin that is made anew: the broker's time in ms, above all that
 * its predecessor had. Otherwise an acknowledgement of a command that was delivered from the
 * predecessor would acknowledge, and so remove, another command of the same sequence; and a
 * revision remembered of the old bucket could fit in the new one.
 */
export const firstSequenceOf = (journal: StreamInfo, above: number = 0): number => {
  return Math.max(Date.parse(journal.ts ?? journal.created), above + 1);
};

/** Tells hosts and workers that run: they register again and publish what their actors wait for. */
export const announceRebuilt = async ({ nats }: Connection, prefix: string): Promise<void> => {
  nats.publish(createSubjects(prefix).rebuilt());
  await nats.flush();
};
