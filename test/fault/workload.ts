// The workload of a run: instances are created over some time, and some are deleted again.
import { setTimeout as wait } from 'node:timers/promises';
import type { instance } from '@pawl/openstack';
import { PawlError, type ActorHandle, type Client } from 'pawl';
import type { Random } from '@pawl/testing/simulation';

/** What is to be made. */
export interface Plan {
  readonly instances: readonly PlannedInstance[];
  /** Source of a regular expression: names of servers for which the cloud finds no place. */
  readonly failing: string;
}

/** One instance of the plan. */
export interface PlannedInstance {
  readonly id: string;
  /** Name of the settings: so many instances are provisioned at a time. */
  readonly settings: string;
  /** When it is created, ms after the start. */
  readonly atMs: number;
  readonly isFailing: boolean;
  /** Deleted as soon as it has settled, or so long after its create. */
  readonly deletedAfter: 'settled' | number | undefined;
}

/** An entry that was acknowledged: it must be in the journal, and folded. */
export interface Acknowledged {
  readonly type: 'instance';
  readonly id: string;
  readonly what: 'create' | 'DELETE';
  /** The state that was answered had folded the journal up to here. */
  readonly sequence: number;
}

/** How one instance ended. */
export interface Ended {
  readonly id: string;
  readonly value: unknown;
  readonly status: string;
  readonly error: unknown;
}

/** Four at a time for each of them. */
const SETTINGS = 8;

/** A plan by its seed. */
export const createPlan = (
  random: Random,
  count: number,
  spanMs: number,
  isEveryOk: boolean = false,
): Plan => ({
  failing: '^pawl-vm-.*-f$',
  instances: Array.from({ length: count }, (_, index): PlannedInstance => {
    const isFailing = random.isChance(0.04) && !isEveryOk;
    const number = String(index + 1).padStart(3, '0');
    const draw = isEveryOk ? 1 : random.next();
    const early = random.integer(0, 3_000);
    return {
      id: `vm-${number}${isFailing ? '-f' : ''}`,
      settings: `cloud-${index % SETTINGS}`,
      atMs: random.integer(0, spanMs),
      isFailing,
      deletedAfter: draw < 0.15 ? 'settled' : draw < 0.2 ? early : undefined,
    };
  }),
});

type Instance = ActorHandle<typeof instance>;

/** Does it again with the same id until it is answered: it takes effect once. */
const persist = async <Result>(
  action: () => Promise<Result>,
  deadline: AbortSignal,
): Promise<Result> => {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      const isPassing = error instanceof PawlError && error.retryable;
      if (!isPassing || deadline.aborted) throw error;
      await wait(200);
    }
  }
};

/** Runs the plan to its end. Rejects when something does not settle before `timeoutMs`. */
export const runWorkload = async (
  client: Client,
  plan: Plan,
  timeoutMs: number,
): Promise<{
  readonly ended: readonly Ended[];
  readonly acknowledged: readonly Acknowledged[];
}> => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const acknowledged: Acknowledged[] = [];
  const runOne = async (planned: PlannedInstance): Promise<Ended> => {
    const { id, settings, atMs, deletedAfter } = planned;
    await wait(atMs);
    const handle: Instance = client.actor('instance', id);
    const input = { id, settings, flavor: 'm1.small', image: 'debian-12-generic-amd64' };
    const created = await persist(
      () =>
        handle.create(
          { ...input, volumes: [{ sizeGiB: 1 }] },
          { ifExists: 'return', id: `create-${id}` },
        ),
      deadline,
    );
    acknowledged.push({ type: 'instance', id, what: 'create', sequence: created.sequence });
    const untilSettled = () =>
      persist(
        () =>
          handle.waitFor((state) => state.hasTag('settled') || state.status === 'done', {
            timeoutMs,
          }),
        deadline,
      );
    if (deletedAfter === undefined) {
      const { value, status, context } = await untilSettled();
      return { id, value, status, error: context.error };
    }
    if (deletedAfter === 'settled') await untilSettled();
    else await wait(deletedAfter);
    const deleted = await persist(
      () => handle.send({ type: 'DELETE' }, { id: `delete-${id}` }),
      deadline,
    );
    acknowledged.push({ type: 'instance', id, what: 'DELETE', sequence: deleted.sequence });
    const { value, status, context } = await persist(
      () => handle.waitFor((state) => state.status === 'done', { timeoutMs }),
      deadline,
    );
    return { id, value, status, error: context.error };
  };
  const ended = await Promise.all(plan.instances.map(runOne));
  return { ended, acknowledged };
};
