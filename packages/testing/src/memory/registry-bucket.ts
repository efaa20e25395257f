// The registry at the broker: machines by type and version, tasks by service and name.
import {
  PawlError,
  scheduleClaimed,
  type MachineRecord,
  type ScheduleRecord,
  type TaskRecord,
} from '@pawl/core';
import { copyData } from './limits.ts';

/** The bucket. Records are copies: nobody shares memory with another process. */
export class RegistryBucket {
  #machines: MachineRecord[] = [];
  readonly #tasks = new Map<string, TaskRecord>();
  readonly #schedules = new Map<string, ScheduleRecord>();

  /** Throws `type-claimed` or `machine-changed`; registering the same again changes nothing. */
  registerMachine(record: MachineRecord): void {
    const { type, version, service, digest } = record;
    const owner = this.#machines.find((machine) => machine.type === type)?.service;
    if (owner !== undefined && owner !== service)
      throw new PawlError(
        'type-claimed',
        `The type ${type} belongs to the service ${owner}; ${service} needs a type of its own.`,
        { details: { type, owner, service } },
      );
    const stored = this.machine(type, version);
    if (stored !== undefined && stored.digest !== digest)
      throw new PawlError(
        'machine-changed',
        `${type} version ${version} is registered with the digest ${stored.digest}, this one has ` +
          `${digest}: give the changed machine a new version.`,
        { details: { type, version, registered: stored.digest, digest } },
      );
    if (stored === undefined) this.#machines.push(copyData(record));
  }

  /** Forgets the machines of a type; returns the service that owned it. */
  retireType(type: string): string | undefined {
    const owner = this.#machines.find((machine) => machine.type === type)?.service;
    this.#machines = this.#machines.filter((machine) => machine.type !== type);
    return owner;
  }

  registerTasks(service: string, tasks: readonly TaskRecord[]): void {
    for (const task of tasks) this.#tasks.set(`${service} ${task.name}`, copyData(task));
  }

  machine(type: string, version: string): MachineRecord | undefined {
    const found = this.#machines.find((each) => each.type === type && each.version === version);
    return found && copyData(found);
  }

  machines(type?: string): readonly MachineRecord[] {
    return this.#machines.filter((each) => type === undefined || each.type === type).map(copyData);
  }

  task(service: string, name: string): TaskRecord | undefined {
    const found = this.#tasks.get(`${service} ${name}`);
    return found && copyData(found);
  }

  tasks(): readonly TaskRecord[] {
    return [...this.#tasks.values()].map(copyData);
  }

  checkSchedule(name: string, service: string, digest: string): void {
    const found = this.#schedules.get(name);
    if (found !== undefined && found.service !== service && found.digest !== digest)
      throw scheduleClaimed(name, service, found.service);
  }

  declareSchedule(record: ScheduleRecord): void {
    this.checkSchedule(record.name, record.service, record.digest);
    this.#schedules.set(record.name, copyData(record));
  }

  schedule(name: string): ScheduleRecord | undefined {
    const found = this.#schedules.get(name);
    return found && copyData(found);
  }

  schedules(): readonly ScheduleRecord[] {
    const all = [...this.#schedules.values()].map(copyData);
    return all.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  removeSchedule(name: string): void {
    this.#schedules.delete(name);
  }
}
