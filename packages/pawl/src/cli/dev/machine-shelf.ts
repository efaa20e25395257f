// The machines of a `pawl dev` process: every version it has seen, so that living actors go on with
// the machine that they were born with.
import { registerMachine, type RegisteredMachine } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';

/** What a reload did to one type. */
export type ShelfChange =
  | { readonly kind: 'new' | 'changed' | 'same'; readonly machine: RegisteredMachine }
  /** The machine failed the registration check; the earlier one, if any, stays. */
  | { readonly kind: 'invalid'; readonly type: string; readonly error: unknown };

/** Development: the digest covers the text of functions, the version follows from it. */
export const DEV_REGISTRATION = { allowInlineText: true } as const;

/** Versions of machines by type, the current one last. */
export class MachineShelf {
  readonly #byType = new Map<string, Map<string, RegisteredMachine>>();

  /** Puts the machines of a load on the shelf. A type that is no longer exported stays. */
  put(machines: Readonly<Record<string, AnyStateMachine>>): readonly ShelfChange[] {
    return Object.entries(machines).map(([type, machine]) => this.#putOne(type, machine));
  }

  #putOne(type: string, machine: AnyStateMachine): ShelfChange {
    let registered: RegisteredMachine;
    try {
      registered = registerMachine(type, machine, DEV_REGISTRATION);
    } catch (error) {
      return { kind: 'invalid', type, error };
    }
    const versions = this.#byType.get(type) ?? new Map<string, RegisteredMachine>();
    const current = [...versions.keys()].at(-1);
    if (current === registered.version) return { kind: 'same', machine: registered };
    versions.delete(registered.version); // An earlier text is back: it is the current one again.
    versions.set(registered.version, registered);
    this.#byType.set(type, versions);
    return { kind: current === undefined ? 'new' : 'changed', machine: registered };
  }

  /** The current machines. */
  get current(): readonly RegisteredMachine[] {
    return [...this.#byType.values()].flatMap((versions) => [...versions.values()].slice(-1));
  }

  /** All versions by type, oldest first, as a host takes them. */
  get all(): Readonly<Record<string, readonly AnyStateMachine[]>> {
    return Object.fromEntries(
      [...this.#byType].map(([type, versions]) => [
        type,
        [...versions.values()].map(({ machine }) => machine),
      ]),
    );
  }

  /** The machine of a type and version; the current one when no version is said. */
  find(type: string, version?: string): RegisteredMachine | undefined {
    const versions = this.#byType.get(type);
    if (version !== undefined) return versions?.get(version);
    return versions === undefined ? undefined : [...versions.values()].at(-1);
  }
}
