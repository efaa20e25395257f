// How much of the account's storage is taken, as the broker says.
import type { Broker } from '../broker.ts';

/** Storage of the account. */
export interface AccountRoom {
  readonly usedBytes: number;
  /** Undefined: the account has no limit of its own, only its servers have. */
  readonly maxBytes: number | undefined;
}

interface AccountInfo {
  readonly storage: number;
  readonly limits: { readonly max_storage: number };
}

/** Asks for the account's limits. */
export const accountRoomOf = async ({ publisher }: Broker): Promise<AccountRoom> => {
  const { storage, limits } = await publisher.askApi<AccountInfo>('INFO');
  const { max_storage: max } = limits;
  return { usedBytes: storage, maxBytes: max > 0 ? max : undefined };
};
