// What `pawl limits audit --fix` does, for operators of the simulated harbour.
import { isUnheldForSure, type OperatedLimits, type UnheldPermit } from '@pawl/client';

/** Releases what nobody holds, of whom it is wanted. Of whom nobody can tell, that is not known. */
export const auditAndFix = async (
  limits: OperatedLimits,
  scope: string,
  isWanted: (permit: UnheldPermit) => boolean = () => true,
): Promise<void> => {
  for (const permit of await limits.audit(scope)) {
    const { holder, path, generation } = permit;
    if (isUnheldForSure(permit) && isWanted(permit))
      await limits.release(scope, holder, { path, generation, why: 'audit' });
  }
};
