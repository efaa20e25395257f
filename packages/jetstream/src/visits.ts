// The Visits port: creation times of the streams, and a key per partition in the snapshots bucket,
// so that the keys are gone when the snapshots are.
import { addressKey, parseJournalSubject, type ActorAddress, type Visits } from '@pawl/core';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Broker } from './broker.ts';
import { scanHeaders } from './header-scan.ts';
import { KeyValue } from './key-value.ts';
import { derivedStreams } from './topology.ts';

/** Visits of one account and prefix. */
export class JetStreamVisits implements Visits {
  readonly #broker: Broker;
  readonly #bucket: KeyValue;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#bucket = new KeyValue(broker, broker.names.snapshots);
  }

  async identity(): Promise<string> {
    const { names, publisher } = this.#broker;
    const infos = await Promise.all(
      derivedStreams(names).map((name) => publisher.askApi<StreamInfo>(`STREAM.INFO.${name}`)),
    );
    return infos.map(({ created }) => created).join(' ');
  }

  async load(service: string, partition: number): Promise<string | undefined> {
    const stored = await this.#bucket.load(keyOf(service, partition));
    return stored && Buffer.from(stored.body).toString();
  }

  async save(service: string, partition: number, identity: string): Promise<void> {
    await this.#bucket.save(keyOf(service, partition), Buffer.from(identity));
  }

  async actors(partition: number, type: string): Promise<readonly ActorAddress[]> {
    const { names, subjects } = this.#broker;
    const filter = subjects.journal(partition, { type, id: '*' }, '*');
    // One cheap question first: mostly there is nothing to scan.
    const journal = this.#broker.messagesOf(names.journal);
    if ((await journal.fromLeader({ seq: 1, next_by_subj: filter })) === undefined) return [];
    const actors = new Map<string, ActorAddress>();
    for (const { subject } of await scanHeaders(this.#broker, names.journal, filter)) {
      const address = parseJournalSubject(subject);
      if (address !== undefined) actors.set(addressKey(address), { type, id: address.id });
    }
    return [...actors.values()];
  }
}

/** No partition is called like this, so that no reader of snapshots finds it. */
const keyOf = (service: string, partition: number): string => `_visited.${service}.${partition}`;
