// Publishes rows of many actors at once, and those of one actor one after the other.
import { addressKey } from '@pawl/core';
import type { OutboxRow } from './outbox-row.ts';
import { RowPublisher, type PublishContext, type RowDoubt } from './publish-row.ts';
import type { SettledRow } from './settle-rows.ts';

/** What becomes of rows is told here. */
export interface ChainListener {
  onSettled(settled: SettledRow): void;
  /** Rows of an actor stay where they are; nothing more of it may be published. */
  onFailure(error: unknown): void;
}

/** The rows that a relay holds. */
export class ActorChains {
  readonly #context: PublishContext;
  readonly #listener: ChainListener;
  /** Rows that wait for the one before them, by actor. */
  readonly #chains = new Map<string, { readonly row: OutboxRow; readonly doubt: RowDoubt }[]>();

  constructor(context: PublishContext, listener: ChainListener) {
    this.#context = context;
    this.#listener = listener;
  }

  /** Takes a row, after all of its actor that were added before. */
  add(row: OutboxRow, doubt: RowDoubt): void {
    const key = addressKey(row);
    const chain = this.#chains.get(key);
    if (chain !== undefined) {
      chain.push({ row, doubt });
      return;
    }
    const started = [{ row, doubt }];
    this.#chains.set(key, started);
    void this.#run(key, started);
  }

  async #run(key: string, chain: { row: OutboxRow; doubt: RowDoubt }[]): Promise<void> {
    const publisher = new RowPublisher(this.#context);
    try {
      for (let next = chain[0]; next !== undefined; next = chain[0]) {
        const outcome = await publisher.publish(next.row, next.doubt);
        if (outcome === undefined) return; // The lane is another relay's now.
        chain.shift();
        this.#listener.onSettled({ row: next.row, ...outcome });
      }
      this.#chains.delete(key);
    } catch (error) {
      this.#listener.onFailure(error);
    }
  }
}
