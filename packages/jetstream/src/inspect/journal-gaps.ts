// Which entries the journal has lost: a limit or a purge took them.
import type { StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker.ts';

/** Lost entries. */
export interface JournalGaps {
  /** How many sequences have no entry any more. */
  readonly lost: number;
  /** The first sequence that the journal has. */
  readonly first: number;
  /** Lost ones after it, as far as the broker was asked for them. */
  readonly between: ReadonlySet<number>;
}

/** Above this the broker's list is too long for one answer. */
const LISTED_MAX = 50_000;

/** Looks at the numbers of the stream, and at the list of what is lost when it is not too long. */
export const journalGapsOf = async ({ names, publisher }: Broker): Promise<JournalGaps> => {
  const path = `STREAM.INFO.${names.journal}`;
  const { state } = await publisher.askApi<StreamInfo>(path);
  const lost = state.last_seq - state.messages;
  const deleted = state.num_deleted ?? 0;
  const between =
    deleted > 0 && deleted <= LISTED_MAX
      ? (await publisher.askApi<StreamInfo>(path, { deleted_details: true })).state.deleted
      : [];
  return { lost, first: state.first_seq, between: new Set(between) };
};
