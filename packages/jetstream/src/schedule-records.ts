// The registry's schedules: which are declared, by which service.
import { checkName, PawlError, scheduleClaimed, type ScheduleRecord } from '@pawl/core';
import type { KeyValue } from './key-value.ts';

const RACES_MAX = 20;

/** A removed one stays as a tombstone: its key may be written by those who may declare. */
type StoredRecord = ScheduleRecord | { readonly name: string; readonly isRemoved: true };

const encode = (record: StoredRecord): Uint8Array => Buffer.from(JSON.stringify(record));

const declared = (record: StoredRecord): ScheduleRecord | undefined =>
  'isRemoved' in record ? undefined : record;

const keyOf = (name: string): string => `schedule.${name}`;

/** Records of schedules in the registry's bucket. */
export class ScheduleRecords {
  readonly #bucket: KeyValue;

  constructor(bucket: KeyValue) {
    this.#bucket = bucket;
  }

  async load(name: string): Promise<ScheduleRecord | undefined> {
    const stored = await this.#bucket.load(keyOf(name));
    return stored && declared(this.#bucket.record(stored));
  }

  async list(): Promise<readonly ScheduleRecord[]> {
    const found = await this.#bucket.records<StoredRecord>(keyOf('*'));
    return found
      .flatMap(({ value }) => declared(value) ?? [])
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  async check(name: string, service: string, digest: string): Promise<void> {
    checkClaim(await this.load(name), name, service, digest);
  }

  async declare(record: ScheduleRecord): Promise<void> {
    const { name, service, digest } = record;
    checkName('schedule', name);
    for (let races = 0; races < RACES_MAX; races += 1) {
      const stored = await this.#bucket.load(keyOf(name));
      checkClaim(stored && declared(this.#bucket.record(stored)), name, service, digest);
      const revision = stored?.sequence ?? 0;
      const saved = await this.#bucket.save(keyOf(name), encode(record), { revision });
      if (saved !== undefined) return;
    }
    throw new PawlError('broker-refused', `Others kept declaring the schedule ${name}: try again.`);
  }

  async remove(name: string): Promise<void> {
    if ((await this.load(name)) === undefined) return;
    await this.#bucket.save(keyOf(name), encode({ name, isRemoved: true }));
  }
}

const checkClaim = (
  found: ScheduleRecord | undefined,
  name: string,
  service: string,
  digest: string,
): void => {
  if (found !== undefined && found.service !== service && found.digest !== digest)
    throw scheduleClaimed(name, service, found.service);
};
