// The machine for a replay: of the version that the journal names, or the only one that is given.
import { registerMachine, type MachineOf, type RegisteredMachine } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import { DEV_REGISTRATION } from '../dev/machine-shelf.ts';

/**
 * Finds machines under the version that they declare and the one that `pawl dev` derives. Another
 * version than both is folded by the machine at hand, under the name that the journal has for it:
 * a replay may ask what an edited machine would have done.
 */
export const createMachineFinder = (
  machines: Readonly<Record<string, AnyStateMachine>>,
): MachineOf => {
  const known = new Map<string, RegisteredMachine>();
  return (type, version) => {
    const machine = machines[type];
    if (machine === undefined) return undefined;
    const key = `${type} ${version ?? ''}`;
    let registered = known.get(key);
    if (registered === undefined) {
      const isDeclared = version === undefined || version === machine.version;
      registered = registerMachine(
        type,
        machine,
        isDeclared && machine.version ? {} : DEV_REGISTRATION,
      );
      if (version !== undefined) registered = { ...registered, version };
      known.set(key, registered);
    }
    return registered;
  };
};
