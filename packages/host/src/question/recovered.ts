// A question must not fold what may end the host, while somebody finds out which entry does.
import { PawlError } from '@pawl/core';
import type { HostContext } from '../host-context.ts';

/**
 * Throws `no-answer` while a takeover of the partition folds one entry at a time: whoever asked
 * asks again a little later.
 */
export const checkRecovered = async (
  { ports, service, identity }: HostContext,
  partition: number,
): Promise<void> => {
  const mark = await ports.snapshots.loadRecovery(service, partition);
  if (mark?.sequence === undefined || mark.journal !== identity.created) return;
  throw new PawlError(
    'no-answer',
    `Partition ${partition} of ${service} is being taken over by ${mark.host}, which folds entry ` +
      `${mark.sequence}. Ask again.`,
  );
};
