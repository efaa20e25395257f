// An operator for the time of one command: who orders is who runs it, unless --by says otherwise.
import type { Operator } from '@pawl/client';
import { openOperator } from '../bind.ts';
import type { Invocation } from './invocation.ts';
import { withSession, type Session } from './session.ts';

/** A session of an operator. */
export interface OperatorSession extends Session {
  readonly operator: Operator;
}

/** Runs `work` with an operator and closes it, whatever happens. */
export const withOperator = <Result>(
  invocation: Invocation,
  by: string | undefined,
  work: (session: OperatorSession) => Promise<Result>,
): Promise<Result> =>
  withSession(invocation, async (session) => {
    const { prefix, timeoutMs } = invocation.options;
    const operator = openOperator({
      connection: session.connection,
      ...(prefix !== undefined && { prefix }),
      name: 'pawl-cli',
      by: by ?? invocation.terminal.user,
      timeoutMs,
    });
    try {
      return await work({ ...session, operator });
    } finally {
      await operator.close();
    }
  });
