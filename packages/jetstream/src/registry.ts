// The Registry port: a bucket of machines, tasks and the service that owns each type.
import {
  checkName,
  isActorType,
  encodeToken,
  PawlError,
  type MachineRecord,
  type Registry,
  type ScheduleRecord,
  type TaskRecord,
} from '@pawl/core';
import type { Broker } from './broker.ts';
import { KeyValue } from './key-value.ts';
import { releaseConsumers } from './partition-provision.ts';
import { ScheduleRecords } from './schedule-records.ts';

const RACES_MAX = 20;

/** A record as stored: `first` keeps the order of registration over updates. */
interface StoredMachine {
  readonly first?: number;
  readonly record: MachineRecord;
}

interface Owner {
  readonly service: string;
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

const machineKey = (type: string, version: string): string =>
  `machine.${type}.${encodeToken(version)}`;
const machineKeys = (type: string): string => `machine.${type}.*`;
const ownerKey = (type: string): string => `owner.${type}`;
const taskKey = (service: string, name: string): string => `task.${service}.${name}`;

/** The registry of one account and prefix. */
export class JetStreamRegistry implements Registry {
  readonly #broker: Broker;
  readonly #bucket: KeyValue;
  readonly #schedules: ScheduleRecords;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#bucket = new KeyValue(broker, broker.names.registry);
    this.#schedules = new ScheduleRecords(this.#bucket);
  }

  async registerMachine(record: MachineRecord): Promise<void> {
    const { type, version, service } = record;
    checkName('service', service);
    const key = machineKey(type, version);
    for (let races = 0; races < RACES_MAX; races += 1) {
      await this.#checkOwner(record);
      const stored = await this.#bucket.load(key);
      const found = stored && this.#bucket.record<StoredMachine>(stored);
      if (found && found.record.digest !== record.digest) throw changed(record, found.record);
      // Only when both checks have passed: a refused registration leaves no claim.
      await this.#claim(record);
      if (found && JSON.stringify(found.record) === JSON.stringify(record)) return;
      const first = found?.first ?? stored?.sequence;
      const next: StoredMachine = { ...(first !== undefined && { first }), record };
      const revision = stored?.sequence ?? 0;
      if ((await this.#bucket.save(key, encode(next), { revision })) !== undefined) return;
    }
    throw contended(`machine ${type} ${version}`);
  }

  async retireType(type: string): Promise<void> {
    if (!isActorType(type)) throw new PawlError('invalid-type', `${type} is no actor type.`);
    const stored = await this.#bucket.load(ownerKey(type));
    if (stored !== undefined) {
      const { service } = this.#bucket.record<Owner>(stored);
      // First: a type without an owner would never be retired again.
      await releaseConsumers(this.#broker, service, type);
      await this.#bucket.purge(machineKeys(type));
    }
    await this.#bucket.purge(ownerKey(type));
  }

  async registerTasks(service: string, tasks: readonly TaskRecord[]): Promise<void> {
    checkName('service', service);
    for (const task of tasks) {
      checkName('task', task.name);
      const key = taskKey(service, task.name);
      const stored = await this.#bucket.load(key);
      if (
        stored &&
        JSON.stringify(this.#bucket.record<TaskRecord>(stored)) === JSON.stringify(task)
      )
        continue;
      await this.#bucket.save(key, encode(task));
    }
  }

  async machine(type: string, version: string): Promise<MachineRecord | undefined> {
    const stored = await this.#bucket.load(machineKey(type, version));
    return stored && this.#bucket.record<StoredMachine>(stored).record;
  }

  async machines(type: string = '*'): Promise<readonly MachineRecord[]> {
    const found = await this.#bucket.records<StoredMachine>(machineKeys(type));
    const orderOf = ({ value, sequence }: Listed): number => value.first ?? sequence;
    type Listed = (typeof found)[number];
    return found.toSorted((a, b) => orderOf(a) - orderOf(b)).map(({ value }) => value.record);
  }

  async task(service: string, name: string): Promise<TaskRecord | undefined> {
    const stored = await this.#bucket.load(taskKey(service, name));
    return stored && this.#bucket.record<TaskRecord>(stored);
  }

  async tasks(): Promise<readonly TaskRecord[]> {
    return (await this.#bucket.records<TaskRecord>('task.*.*')).map(({ value }) => value);
  }

  checkSchedule(name: string, service: string, digest: string): Promise<void> {
    return this.#schedules.check(name, service, digest);
  }

  declareSchedule(record: ScheduleRecord): Promise<void> {
    return this.#schedules.declare(record);
  }

  schedule(name: string): Promise<ScheduleRecord | undefined> {
    return this.#schedules.load(name);
  }

  schedules(): Promise<readonly ScheduleRecord[]> {
    return this.#schedules.list();
  }

  removeSchedule(name: string): Promise<void> {
    return this.#schedules.remove(name);
  }

  async #checkOwner({ type, service }: MachineRecord): Promise<boolean> {
    const stored = await this.#bucket.load(ownerKey(type));
    if (stored === undefined) return false;
    const { service: owner } = this.#bucket.record<Owner>(stored);
    if (owner !== service) throw claimed(type, service, owner);
    return true;
  }

  async #claim(record: MachineRecord): Promise<void> {
    if (await this.#checkOwner(record)) return;
    const body = encode({ service: record.service });
    const saved = await this.#bucket.save(ownerKey(record.type), body, { revision: 0 });
    // Another service or another host of this one was faster: whose is it now?
    if (saved === undefined && !(await this.#checkOwner(record)))
      throw contended(`type ${record.type}`);
  }
}

const claimed = (type: string, service: string, owner: string): PawlError =>
  new PawlError(
    'type-claimed',
    `Actor type ${type} belongs to service ${owner}; service ${service} cannot register it. ` +
      'Register the machine in that service, or give the type another name.',
    { details: { type, service, owner } },
  );

const changed = (record: MachineRecord, found: MachineRecord): PawlError =>
  new PawlError(
    'machine-changed',
    `Machine ${record.type} ${record.version} is registered with digest ${found.digest}, ` +
      `this one has ${record.digest}. Give the changed machine a new version; ` +
      'in development `pawl dev` derives one.',
    {
      details: {
        type: record.type,
        version: record.version,
        registered: found.digest,
        given: record.digest,
      },
    },
  );

const contended = (what: string): PawlError =>
  new PawlError('broker-refused', `Others kept changing the registry's ${what}: try again.`);
