// What nobody folds, at the broker: integration events, progress, dead letters.
import { addressKey, type DeadLetter, type OutgoingEmitted } from '@pawl/core';
import type { ProgressBody, ProgressKey } from '@pawl/core';
import { copyData } from './limits.ts';

/** `max_age` of progress, ms. */
export const PROGRESS_AGE_MAX_MS = 86_400_000;

/** The three stores. */
export class OutletStore {
  readonly #emitted: OutgoingEmitted[] = [];
  readonly #deadLetters = new Map<string, DeadLetter>();
  readonly #progress = new Map<string, { readonly body: ProgressBody; readonly at: number }>();

  get emitted(): readonly OutgoingEmitted[] {
    return this.#emitted;
  }

  /** All dead letters, oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return [...this.#deadLetters.values()];
  }

  emit(emitted: OutgoingEmitted): void {
    this.#emitted.push(copyData(emitted));
  }

  /** The same id twice is stored once. */
  bury(letter: DeadLetter): void {
    if (!this.#deadLetters.has(letter.id)) this.#deadLetters.set(letter.id, copyData(letter));
  }

  /** Removes a dead letter. */
  unbury(id: string): void {
    this.#deadLetters.delete(id);
  }

  saveProgress(key: ProgressKey, body: ProgressBody, now: number): void {
    this.#progress.set(keyOf(key), { body: copyData(body), at: now });
  }

  loadProgress(key: ProgressKey, now: number): ProgressBody | undefined {
    const stored = this.#progress.get(keyOf(key));
    if (stored === undefined || now - stored.at >= PROGRESS_AGE_MAX_MS) return undefined;
    return copyData(stored.body);
  }
}

const keyOf = ({ service, actor, generation }: ProgressKey): string =>
  `${service} ${addressKey(actor)} ${generation}`;
