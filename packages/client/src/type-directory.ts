// What the registry says about actor types, remembered for a moment.
import { addressKey, PawlError } from '@pawl/core';
import type { ActorAddress, Clock, MachineRecord, Ports } from '@pawl/core';

/** Answers of the registry about types. */
export interface TypeDirectory {
  /** Throws `unknown-type` when no host has ever registered the type. */
  checkKnown(type: string): Promise<void>;
  /** The machine version that a new actor gets: the wanted one if registered, else the newest. */
  versionFor(type: string, wanted: string | undefined): Promise<string>;
  /** Why nobody answered for this actor. */
  whyNoAnswer(actor: ActorAddress): Promise<PawlError>;
}

/** How long an answer of the registry is good: a new version is seen that late. */
const GOOD_MS = 5_000;

/** A directory over the registry port. */
export const createTypeDirectory = (ports: Ports, clock: Clock): TypeDirectory => {
  const known = new Map<
    string,
    { readonly records: readonly MachineRecord[]; readonly at: number }
  >();

  const read = async (type: string): Promise<readonly MachineRecord[]> => {
    const records = await ports.registry.machines(type);
    if (records.length === 0) {
      const types = [...new Set((await ports.registry.machines()).map((record) => record.type))];
      throw new PawlError(
        'unknown-type',
        `No machine of type ${type} is registered: start a host with it first (startHost). ` +
          `Registered are: ${types.join(', ') || 'none'}.`,
        { details: { type, types } },
      );
    }
    known.set(type, { records, at: clock.now() });
    return records;
  };
  /** Fresh enough to choose a version from; old ones when the registry cannot be reached. */
  const versions = async (type: string): Promise<readonly MachineRecord[]> => {
    const found = known.get(type);
    if (found === undefined) return read(type);
    if (clock.now() - found.at < GOOD_MS) return found.records;
    try {
      return await read(type);
    } catch (error) {
      if (error instanceof PawlError && error.retryable) return found.records;
      throw error;
    }
  };

  return {
    checkKnown: async (type) => {
      if (!known.has(type)) await read(type); // Once known is enough: entries of a retired type wait in the journal.
    },
    versionFor: async (type, wanted) => {
      const records = await versions(type);
      const record = records.find(({ version }) => version === wanted) ?? records.at(-1);
      if (record === undefined) throw new PawlError('unknown-type', `${type} is not registered.`);
      return record.version;
    },
    whyNoAnswer: async (actor) => {
      try {
        const service = (await versions(actor.type)).at(-1)?.service ?? '?';
        return new PawlError(
          'no-answer',
          `No host of service ${service} answers for ${addressKey(actor)}: is one running?`,
        );
      } catch (error) {
        if (error instanceof PawlError) return error;
        throw error;
      }
    },
  };
};
