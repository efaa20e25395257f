// What is wrong with limits once all that provisioned has settled: nobody may hold or wait then.
import { openOperator, type Connection } from 'pawl';
import { until } from './until.ts';

/** A release is on its way when the actor that gives it has settled. */
const RELEASED_MS = 10_000;

/** Holders and waiters that are left, and what the audit has against them. */
export const limitFaults = async (connection: Connection): Promise<readonly string[]> => {
  const operator = openOperator({ connection, by: 'auditor' });
  try {
    const left = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const { scope, held, waiting } of operator.limits.list()) {
        if (held > 0 || waiting > 0) found.push(`${scope}: ${held} held, ${waiting} waiting`);
        for (const { holder, why } of await operator.limits.audit(scope))
          found.push(`${scope}: ${holder.type}/${holder.id} ${why}`);
      }
      return found;
    };
    let faults = await left();
    await until('all permits are given back', RELEASED_MS, async () => {
      faults = await left();
      return faults.length === 0;
    }).catch(() => undefined); // What is left says more than that it took too long.
    return faults;
  } finally {
    await operator.close();
  }
};
