// Creates and grows the partition consumers of a service. Filters grow; a retired type leaves them.
import { checkName, isActorType, PawlError } from '@pawl/core';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { API_CODE, apiCodeOf } from './broker-error.ts';
import type { Broker } from './broker.ts';
import { KeyValue } from './key-value.ts';
import { firstUncovered } from './covered-entries.ts';
import { partitionConsumerName, PIN_GROUP } from './partition-names.ts';
import { nanosOf } from './topology.ts';

const HOUR = 3_600_000;
const RACES_MAX = 20;

const consumerSettings = (name: string, filters: readonly string[]): object => ({
  durable_name: name,
  filter_subjects: filters,
  ack_policy: 'explicit',
  deliver_policy: 'all',
  replay_policy: 'instant',
  ack_wait: nanosOf(HOUR), // RESET is the only redelivery.
  max_deliver: -1,
  max_ack_pending: 5_000,
  priority_groups: [PIN_GROUP],
  priority_policy: 'pinned_client',
  priority_timeout: nanosOf(3_000),
});

/** All types that hosts of the service ever had: a compare-and-set union, so that none is lost. */
const joinTypes = (
  registry: KeyValue,
  service: string,
  types: readonly string[],
): Promise<readonly string[]> =>
  changeTypes(registry, service, (known) => [...new Set([...known, ...types])].toSorted());

const changeTypes = async (
  registry: KeyValue,
  service: string,
  change: (known: readonly string[]) => readonly string[],
): Promise<readonly string[]> => {
  const key = `consumers.${service}`;
  for (let races = 0; races < RACES_MAX; races += 1) {
    const stored = await registry.load(key);
    const known = stored ? registry.record<readonly string[]>(stored) : [];
    const next = change(known);
    if (next.length === known.length) return next;
    const revision = stored?.sequence ?? 0;
    const saved = await registry.save(key, Buffer.from(JSON.stringify(next)), { revision });
    if (saved !== undefined) return next;
  }
  throw new PawlError(
    'broker-refused',
    `The types of service ${service} were changed by others ${RACES_MAX} times in a row.`,
  );
};

const filtersOf = (info: ConsumerInfo): readonly string[] =>
  info.config.filter_subjects ??
  (info.config.filter_subject === undefined ? [] : [info.config.filter_subject]);

class PartitionProvision {
  readonly #broker: Broker;
  readonly #partition: number;
  readonly #name: string;

  constructor(broker: Broker, service: string, partition: number) {
    this.#broker = broker;
    this.#partition = partition;
    this.#name = partitionConsumerName(service, partition);
  }

  async cover(types: readonly string[]): Promise<void> {
    const wanted = types.map((type) => this.#filter(type));
    const info = (await this.#info()) ?? (await this.#create(types, wanted));
    if (info === undefined) return; // Created as wanted.
    const missing = types.filter((type) => !filtersOf(info).includes(this.#filter(type)));
    if (missing.length === 0) return;
    const filters = [...new Set([...filtersOf(info), ...wanted])].toSorted();
    const grown = await this.#put(filters, 'update');
    // Only now: what is appended from here on is delivered anyway.
    const firsts = await Promise.all(missing.map((type) => this.#firstOf(type)));
    const first = Math.min(...firsts.map((found) => found ?? Number.POSITIVE_INFINITY));
    // Never above the ack floor: entries between would not come again.
    const position = Math.min(first, grown.ack_floor.stream_seq + 1);
    if (first !== Number.POSITIVE_INFINITY) await this.#reset(position);
  }

  /** Takes the type out of the filters; a consumer that would have none left goes. */
  async release(type: string): Promise<void> {
    const info = await this.#info();
    if (info === undefined) return;
    const filters = filtersOf(info);
    const left = filters.filter((filter) => filter !== this.#filter(type));
    if (left.length === filters.length) return;
    if (left.length > 0) await this.#put(left, 'update');
    else await this.#broker.publisher.askApi(`CONSUMER.DELETE.${this.#path}`);
  }

  #filter(type: string): string {
    return this.#broker.subjects.journal(this.#partition, { type, id: '*' }, '*');
  }

  get #path(): string {
    return `${this.#broker.names.journal}.${this.#name}`;
  }

  async #info(): Promise<ConsumerInfo | undefined> {
    try {
      return await this.#broker.publisher.askApi<ConsumerInfo>(`CONSUMER.INFO.${this.#path}`);
    } catch (error) {
      if (apiCodeOf(error) === API_CODE.consumerNotFound) return undefined;
      throw error;
    }
  }

  /** Returns the info of a consumer that another process created at the same time. */
  async #create(
    types: readonly string[],
    filters: readonly string[],
  ): Promise<ConsumerInfo | undefined> {
    // A consumer lost or new over an old journal must not repeat what snapshots cover.
    const position = await firstUncovered(this.#broker, this.#partition, types);
    try {
      await this.#put(filters, 'create');
    } catch (error) {
      if (apiCodeOf(error) !== API_CODE.consumerExists) throw error;
      return this.#info();
    }
    if (position !== undefined) await this.#reset(position);
    return undefined;
  }

  #put(filters: readonly string[], action: 'create' | 'update'): Promise<ConsumerInfo> {
    return this.#broker.publisher.askApi<ConsumerInfo>(`CONSUMER.CREATE.${this.#path}`, {
      stream_name: this.#broker.names.journal,
      config: consumerSettings(this.#name, filters),
      action,
    });
  }

  async #reset(seq: number): Promise<void> {
    await this.#broker.publisher.askApi(`CONSUMER.RESET.${this.#path}`, { seq });
  }

  async #firstOf(type: string): Promise<number | undefined> {
    const messages = this.#broker.messagesOf(this.#broker.names.journal);
    return (await messages.fromLeader({ seq: 1, next_by_subj: this.#filter(type) }))?.sequence;
  }
}

/** See `Journal.provisionConsumers`. Safe for several hosts at once, also with different types. */
export const provisionConsumers = async (
  broker: Broker,
  service: string,
  types: readonly string[],
): Promise<void> => {
  checkName('service', service);
  for (const type of types)
    if (!isActorType(type))
      throw new PawlError('invalid-type', `Actor type ${JSON.stringify(type)} is no type.`);
  const { partitions } = await broker.facts();
  const registry = new KeyValue(broker, broker.names.registry);
  let covered: readonly string[] = [];
  let union = await joinTypes(registry, service, types);
  // Whoever writes filters looks again afterwards: a slower process with fewer types may have
  // narrowed a consumer that had just grown.
  while (union.length > covered.length) {
    covered = union;
    const all = Array.from({ length: partitions }, (_, partition) =>
      new PartitionProvision(broker, service, partition).cover(covered),
    );
    await Promise.all(all);
    union = await joinTypes(registry, service, types);
  }
};

/** No partition consumer of the service delivers entries of the type any more. */
export const releaseConsumers = async (
  broker: Broker,
  service: string,
  type: string,
): Promise<void> => {
  const { partitions } = await broker.facts();
  const registry = new KeyValue(broker, broker.names.registry);
  // First: who provisions from now on leaves the type out.
  await changeTypes(registry, service, (known) => known.filter((each) => each !== type));
  const all = Array.from({ length: partitions }, (_, partition) =>
    new PartitionProvision(broker, service, partition).release(type),
  );
  await Promise.all(all);
};
