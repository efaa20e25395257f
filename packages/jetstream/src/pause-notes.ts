// Who paused which queue and why: notes in the registry's bucket. The pause itself is the server's.
import type { PauseNote, QueueClass, QueueStatus } from '@pawl/core';
import type { Broker } from './broker.ts';
import { KeyValue } from './key-value.ts';

/** A note is about the pause that ends then. Of another one, or of none, it says nothing. */
interface StoredNote extends PauseNote {
  readonly until: number;
}

const keyOf = (queueClass: string, service: string): string => `pause.${queueClass}.${service}`;

/** Notes of one account and prefix. */
export class PauseNotes {
  readonly #bucket: KeyValue;

  constructor(broker: Broker) {
    this.#bucket = new KeyValue(broker, broker.names.registry);
  }

  async save(
    queueClass: QueueClass,
    service: string,
    until: number,
    note: PauseNote,
  ): Promise<void> {
    const stored: StoredNote = { ...note, until };
    await this.#bucket.save(keyOf(queueClass, service), Buffer.from(JSON.stringify(stored)));
  }

  /** The same queues, with the notes of those that are paused. */
  async addTo(queues: readonly QueueStatus[]): Promise<readonly QueueStatus[]> {
    if (queues.every(({ pausedUntil }) => pausedUntil === undefined)) return queues;
    const notes = new Map(
      (await this.#bucket.records<StoredNote>('pause.*.*')).map(({ key, value }) => [key, value]),
    );
    return queues.map((queue) => {
      const note = notes.get(keyOf(queue.class, queue.service));
      if (note === undefined || note.until !== queue.pausedUntil) return queue;
      const { until: _known, ...paused } = note;
      return { ...queue, paused };
    });
  }
}
