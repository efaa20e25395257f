// The simulator's own paths, outside OpenStack's: ledger, resources, counts, failures, tokens.
import type { FailurePlan } from './failures.ts';
import type { Ledger } from './ledger.ts';
import type { ProvisioningPeaks } from './provisioning.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Call, Route } from './router.ts';
import type { Resources } from './resources.ts';
import type { TokenStore } from './tokens.ts';

/** What the simulator's own paths stand on. */
export interface AdminParts {
  readonly ledger: Ledger;
  readonly plan: FailurePlan;
  readonly peaks: ProvisioningPeaks;
  readonly tokens: TokenStore;
  readonly resourcesAt: (now: number) => Resources;
}

const NO_CONTENT: Answer = { status: 204 };

const addRule = (plan: FailurePlan, body: unknown): number => {
  try {
    return plan.add(body);
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(400, error.message);
    throw error;
  }
};

/** Creates the routes below `/_simulator`. They need no token and no rule touches them. */
export const createAdminRoutes = ({
  ledger,
  plan,
  peaks,
  tokens,
  resourcesAt,
}: AdminParts): Route[] => {
  const readLedger = (call: Call): Answer => {
    const operation = call.query.get('operation');
    const name = call.query.get('name');
    const entries = ledger.read({
      ...(operation !== null && { operation }),
      ...(name !== null && { name }),
    });
    return { status: 200, body: { entries } };
  };

  const clearLedger = (): Answer => {
    ledger.clear();
    return NO_CONTENT;
  };

  const readResources = (call: Call): Answer => ({ status: 200, body: resourcesAt(call.now) });
  const readProvisioning = (call: Call): Answer => ({ status: 200, body: peaks.read(call.now) });

  const clearProvisioning = (call: Call): Answer => {
    peaks.clear(call.now);
    return NO_CONTENT;
  };

  const listRules = (): Answer => ({ status: 200, body: { failures: plan.list() } });

  const postRule = (call: Call): Answer => ({
    status: 201,
    body: { id: addRule(plan, call.body) },
  });

  const clearRules = (): Answer => {
    plan.remove();
    return NO_CONTENT;
  };

  const removeRule = (call: Call): Answer => {
    const id = call.params['id'] ?? '';
    if (!plan.remove(Number(id))) throw new Refusal(404, `There is no failure rule ${id}.`);
    return NO_CONTENT;
  };

  const expireTokens = (): Answer => {
    tokens.expireAll();
    return NO_CONTENT;
  };

  const routes: [method: string, below: string, handle: (call: Call) => Answer][] = [
    ['GET', 'ledger', readLedger],
    ['DELETE', 'ledger', clearLedger],
    ['GET', 'resources', readResources],
    ['GET', 'provisioning', readProvisioning],
    ['DELETE', 'provisioning', clearProvisioning],
    ['GET', 'failures', listRules],
    ['POST', 'failures', postRule],
    ['DELETE', 'failures', clearRules],
    ['DELETE', 'failures/:id', removeRule],
    ['POST', 'tokens/expire', expireTokens],
  ];
  return routes.map(([method, below, handle]) => ({
    service: 'simulator',
    operation: 'administer',
    method,
    path: `/_simulator/${below}`,
    open: true,
    handle,
  }));
};
