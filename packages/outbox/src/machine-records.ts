// What the registry says about actor types, remembered for a moment.
import { PawlError, type MachineRecord, type Registry } from '@pawl/core';

/** How long it is good, ms. */
const GOOD_MS = 5_000;

/**
 * The records of a type, the newest last; undefined without a registry, or while it cannot be
 * reached. Throws `unknown-type`.
 */
export type FindRecords = (type: string) => Promise<readonly MachineRecord[] | undefined>;

interface Known {
  readonly records: readonly MachineRecord[];
  readonly at: number;
}

/** A finder over the registry port. */
export const createRecordFinder = (
  registry: Pick<Registry, 'machines'> | undefined,
): FindRecords => {
  const known = new Map<string, Known>();
  return async (type) => {
    const found = known.get(type);
    if (registry === undefined) return undefined;
    if (found !== undefined && performance.now() - found.at < GOOD_MS) return found.records;
    let records: readonly MachineRecord[];
    try {
      records = await registry.machines(type);
    } catch (error) {
      // An outbox works without the broker: the host checks what could not be checked here.
      if (error instanceof PawlError && error.retryable) return found?.records;
      throw error;
    }
    if (records.length === 0)
      throw new PawlError(
        'unknown-type',
        `No machine of type ${type} is registered: start a host with it first.`,
        { details: { type } },
      );
    known.set(type, { records, at: performance.now() });
    return records;
  };
};
