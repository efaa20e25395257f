// Marks of parked actors: why entries are not folded, and whether a host may try again by itself.
import type { ParkedMark } from '@pawl/core';

/** The mark of an actor whose machine version no machine here has. */
export const missingVersion = (
  { type, id, sequence }: { readonly type: string; readonly id: string; readonly sequence: number },
  version: string,
): ParkedMark => ({
  code: 'version-missing',
  message: `${type}/${id} needs version ${version} of ${type}; start a host that has it.`,
  from: sequence,
});

/** Reasons that may be gone when somebody looks again. */
const PASSING: ReadonlySet<string> = new Set(['version-missing', 'broker-refused']);

/** Does the actor stay parked until an operator says otherwise? */
export const isHeldMark = ({ code }: ParkedMark): boolean => !PASSING.has(code);
