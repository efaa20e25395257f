// Port: the registry. Which machines and tasks exist, who owns a type; readable by all roles.
import type { ScheduleDefinition } from '../schedule/definition.ts';

/** A machine as registered: under (type, version). */
export interface MachineRecord {
  readonly type: string;
  readonly version: string;
  readonly service: string;
  readonly digest: string;
  /** The machine's JSON: for pictures and tools. */
  readonly definition: unknown;
  /** JSON Schema of the create input, if there is a schema. */
  readonly inputSchema?: unknown;
  /** JSON Schema by event type. Events without a schema have `true`. */
  readonly events: Readonly<Record<string, unknown>>;
  /** Commands that the machine invokes. */
  readonly commands: readonly TaskRecord[];
}

/** A command contract as registered. */
export interface TaskRecord {
  readonly service: string;
  readonly name: string;
  readonly class?: string;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly encoding: string;
  readonly job: boolean;
}

/** A schedule as declared. */
export interface ScheduleRecord {
  readonly name: string;
  /** The service whose code declares it. */
  readonly service: string;
  readonly digest: string;
  readonly definition: ScheduleDefinition;
  /** Has its actor been told? */
  readonly isApplied: boolean;
}

/** The registry. */
export interface Registry {
  /** Registers. Throws `type-claimed` or `machine-changed`, and then nothing is changed. */
  registerMachine(record: MachineRecord): Promise<void>;
  /**
   * The type belongs to no service any more: its machines are forgotten, and its entries are
   * delivered to no host until one registers it again. Those in the journal stay. Whether a host
   * still serves it, the caller has to know. A type that is not there is no error.
   */
  retireType(type: string): Promise<void>;
  /** Says that some worker of the service has these tasks. */
  registerTasks(service: string, tasks: readonly TaskRecord[]): Promise<void>;
  machine(type: string, version: string): Promise<MachineRecord | undefined>;
  /** All versions of a type, the last registered last. */
  machines(type?: string): Promise<readonly MachineRecord[]>;
  task(service: string, name: string): Promise<TaskRecord | undefined>;
  tasks(): Promise<readonly TaskRecord[]>;
  /** Throws `schedule-claimed` when another service declares the name with another digest. */
  checkSchedule(name: string, service: string, digest: string): Promise<void>;
  /** Declares, with the same check. */
  declareSchedule(record: ScheduleRecord): Promise<void>;
  /** One that was removed is not there. */
  schedule(name: string): Promise<ScheduleRecord | undefined>;
  /** By name. */
  schedules(): Promise<readonly ScheduleRecord[]>;
  /** Nobody declares it any more. Removing one that is not there is no error. */
  removeSchedule(name: string): Promise<void>;
}
