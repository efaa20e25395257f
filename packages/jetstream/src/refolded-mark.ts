// The mark of a journal that was restored without the positions of its hosts: in its metadata.
import type { StreamInfo } from '@nats-io/jetstream';

const REFOLDED_UP_TO = 'pawl-refolded-up-to';

/** Metadata that says so: entries up to this sequence were folded before. */
export const refoldedMark = (sequence: number): Readonly<Record<string, string>> => ({
  [REFOLDED_UP_TO]: String(sequence),
});

/** Up to where the journal was folded before, if it was restored without positions. */
export const refoldedUpToOf = ({ config }: StreamInfo): number | undefined => {
  const sequence = Number(config.metadata?.[REFOLDED_UP_TO]);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
};
