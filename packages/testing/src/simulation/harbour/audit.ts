// What `pawl limits audit --fix` does, for operators of the simulated harbour.
import type { OperatedLimits } from '@pawl/client';

/** Releases what nobody holds. Of whom nobody answers, that is not known. */
export const auditAndFix = async (limits: OperatedLimits, scope: string): Promise<void> => {
  for (const { holder, path, generation, why } of await limits.audit(scope))
    if (why !== 'nobody answers')
      await limits.release(scope, holder, { path, generation, why: 'audit' });
};
