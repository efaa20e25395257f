// The workload: creates all instances at once and waits until each has settled. The same for the
// demo and for the tests that kill the host under it.
import type { instance } from '@pawl/openstack';
import { PawlError, type ActorHandle, type Client } from 'pawl';
import { inputOf, type Plan } from './plan.ts';

/** How an instance ended. */
export interface Settled {
  readonly id: string;
  readonly value: unknown;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** How the whole went. */
export interface Outcome {
  readonly settled: readonly Settled[];
  readonly faults: readonly string[];
}

/** A handle by type: the machine itself is not needed here. */
type Instance = ActorHandle<typeof instance>;

const createInstance = async (handle: Instance, deadline: AbortSignal): Promise<void> => {
  for (;;) {
    try {
      await handle.create(inputOf(handle.id), { ifExists: 'return', id: `create-${handle.id}` });
      return;
    } catch (error) {
      // Nobody answered: the same id again, which takes effect once.
      const isPassing = error instanceof PawlError && error.retryable;
      if (!isPassing || deadline.aborted) throw error;
    }
  }
};

const settle = async (
  client: Client,
  id: string,
  timeoutMs: number,
  deadline: AbortSignal,
): Promise<Settled> => {
  const handle: Instance = client.actor('instance', id);
  await createInstance(handle, deadline);
  const state = await handle.waitFor((each) => each.hasTag('settled'), { timeoutMs });
  return { id, value: state.value, error: state.context.error };
};

/** Runs the plan. Rejects when an instance does not settle within `timeoutMs`. */
export const runWorkload = async (
  client: Client,
  plan: Plan,
  timeoutMs: number,
): Promise<Outcome> => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const settled = await Promise.all(
    plan.instances.map((id) => settle(client, id, timeoutMs, deadline)),
  );
  const faults = settled.flatMap(({ id, value }) => {
    const wanted = id === plan.failing ? 'erred' : 'ok';
    return value === wanted ? [] : [`${id} is ${JSON.stringify(value)}, should be ${wanted}`];
  });
  return { settled, faults };
};
