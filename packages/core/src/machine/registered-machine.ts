// A machine that passed the registration check, with all that the fold asks of it.
import type { AnyStateMachine } from 'xstate';
import type { Command } from '../command.ts';
import type { MachineSchemas } from '../schemas-of.ts';

/** A machine under its type and version. */
export interface RegisteredMachine {
  readonly type: string;
  readonly version: string;
  readonly digest: string;
  /** As the user wrote it. */
  readonly machine: AnyStateMachine;
  /** The copy that the fold runs. */
  readonly runnable: AnyStateMachine;
  /** Events that clients and actors may send it. */
  readonly eventTypes: ReadonlySet<string>;
  /** `pawl.stop`, `pawl.late.…` and `pawl.granted.…` events that it handles. */
  readonly signalTypes: ReadonlySet<string>;
  readonly schemas: MachineSchemas | undefined;
  /** Contexts and outputs of an actor together, in characters of JSON. */
  readonly contextMax: number;
  /** Commands that it or a nested machine invokes, by name in `setup({ actors })`. */
  readonly commands: ReadonlyMap<string, Command>;
  /** Its JSON: for pictures and tools. */
  readonly definition: unknown;
  /** What is allowed but may surprise. */
  readonly warnings: readonly string[];
}
