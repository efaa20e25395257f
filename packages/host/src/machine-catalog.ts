// The machines that a host can fold: by type and version.
import {
  BUILT_IN_SERVICE,
  builtInMachines,
  PawlError,
  registerMachine,
  type RegisteredMachine,
  type RegisterOptions,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';

/** What a host is given: one machine a type, or several versions of it, oldest first. */
export type MachinesByType = Readonly<Record<string, AnyStateMachine | readonly AnyStateMachine[]>>;

/** Owns the built-in types; every host joins it unless told not to. */
export { BUILT_IN_SERVICE, builtInMachines };

/** Registered machines by type and version. */
export class MachineCatalog {
  readonly #byType = new Map<string, Map<string, RegisteredMachine>>();

  /** Registers all. Throws `machine-invalid` with every problem of the first bad machine. */
  constructor(machines: MachinesByType, options?: RegisterOptions) {
    for (const [type, given] of Object.entries(machines)) {
      const versions = new Map<string, RegisteredMachine>();
      const list: readonly AnyStateMachine[] = isList(given) ? given : [given];
      for (const machine of list) {
        const registered = registerMachine(type, machine, options);
        if (versions.has(registered.version))
          throw new PawlError(
            'machine-invalid',
            `Two machines of type ${type} say version ${registered.version}; give each its own.`,
          );
        versions.set(registered.version, registered);
      }
      if (versions.size === 0)
        throw new PawlError('machine-invalid', `The type ${type} has no machine.`);
      this.#byType.set(type, versions);
    }
  }

  /** Types in the order given. */
  get types(): readonly string[] {
    return [...this.#byType.keys()];
  }

  /** Every machine. */
  all(): readonly RegisteredMachine[] {
    return [...this.#byType.values()].flatMap((versions) => [...versions.values()]);
  }

  /** The machine of a type and version, if this host has it. */
  get(type: string, version: string): RegisteredMachine | undefined {
    return this.#byType.get(type)?.get(version);
  }

  /** The version that a create without one gets: the last given. */
  newest(type: string): RegisteredMachine | undefined {
    const versions = this.#byType.get(type);
    return versions === undefined ? undefined : [...versions.values()].at(-1);
  }

  /** Versions by type, for heartbeats. */
  versions(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#byType].map(([type, map]) => [type, [...map.keys()]]));
  }
}

const isList = (
  given: AnyStateMachine | readonly AnyStateMachine[],
): given is readonly AnyStateMachine[] => Array.isArray(given);
