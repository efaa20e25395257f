// Generations and command ids: what makes a late repeat of any effect recognisable.
import { fnv1a } from './hash.ts';
import { addressKey, type ActorAddress } from './names.ts';

/** What a generation is derived from. */
export interface GenerationSource {
  /** Journal sequence of the entry that caused it. */
  readonly sequence: number;
  /** Position within the step. */
  readonly n: number;
  /** Path of the invoke, or key of the timer. */
  readonly key: string;
  /** Broker timestamp of the entry in ms: a restored journal cannot reuse a sequence unseen. */
  readonly entryTime: number;
  /**
   * What is asked for, as text: service, task and input of a command. A mended machine that asks
   * for
   * the same at the same entry gets the same generation, one that asks for something else another.
   */
  readonly content: string;
}

/** `<sequence>-<n>-<tag>`; the tag is 8 base-36 digits. */
export const createGeneration = ({
  sequence,
  n,
  key,
  entryTime,
  content,
}: GenerationSource): string => {
  // Two 32-bit hashes with different seeds: 36^8 needs 41.4 bits.
  const text = `${key}|${entryTime}|${content}`;
  const high = fnv1a(text) % 46_656; // 36^3
  const low = fnv1a(text, 0x9e3779b9) % 60_466_176; // 36^5
  return `${sequence}-${n}-${high.toString(36).padStart(3, '0')}${low.toString(36).padStart(5, '0')}`;
};

/** The journal sequence that a generation names; NaN when it is none. */
export const generationSequence = (generation: string): number =>
  Number(generation.slice(0, generation.indexOf('-')));

/** `<type>/<id>/<path>@<generation>`: id, message id and idempotency key of a command. */
export const commandId = (actor: ActorAddress, path: string, generation: string): string =>
  `${addressKey(actor)}/${path}@${generation}`;
