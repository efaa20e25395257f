// What `pawl limits audit --fix` does, for operators of the simulated harbour.
import type { OperatedLimits, UnheldPermit } from '@pawl/client';

/** Releases what nobody holds, of whom it is wanted. Of whom nobody answers, that is not known. */
export const auditAndFix = async (
  limits: OperatedLimits,
  scope: string,
  isWanted: (permit: UnheldPermit) => boolean = () => true,
): Promise<void> => {
  for (const permit of await limits.audit(scope)) {
    const { holder, path, generation, why } = permit;
    if (why !== 'nobody answers' && isWanted(permit))
      await limits.release(scope, holder, { path, generation, why: 'audit' });
  }
};
