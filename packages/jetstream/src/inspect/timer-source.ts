// Where the journal stands in the timer stream. A source that is ahead of it gets nothing any more,
// and the broker reports a lag of 0 for it.
import type { StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker.ts';
import { isItsOwnTimerStream } from '../timer-stream.ts';

/** Position of the journal's source. */
export interface TimerSource {
  /** Is the timer stream the one that the journal began with? */
  readonly isOwn: boolean;
  /** Last sequence of the timer stream. */
  readonly last: number;
  /** Sequence in the timer stream of the last timer in the journal; undefined: none yet. */
  readonly sourced: number | undefined;
}

/** Sequence in `Nats-Stream-Source`: `<stream> <sequence> …`, as the broker writes it. */
export const timerSequenceOf = (header: string | undefined): number | undefined => {
  const sequence = Number(header?.split(' ')[1]);
  return Number.isInteger(sequence) ? sequence : undefined;
};

/** Looks at the last timer in the journal. */
export const timerSourceOf = async (
  broker: Broker,
  journal: StreamInfo,
  timers: StreamInfo,
): Promise<TimerSource> => {
  const { names } = broker;
  const lastTimer = await broker
    .messagesOf(names.journal)
    .fromLeader({ last_by_subj: `${names.prefix}.journal.*.*.*.timer` });
  return {
    isOwn: isItsOwnTimerStream(journal, timers),
    last: timers.state.last_seq,
    sourced: timerSequenceOf(lastTimer?.headers['Nats-Stream-Source']),
  };
};
