// The end of a world of the harbour: schedules are removed, the faulted mended, permits audited.
import { generationSequence, PawlError, type ActorState, type PermitRequest } from '@pawl/core';
import type { Closing } from '../scenario.ts';
import { auditAndFix } from './audit.ts';
import { SCHEDULES } from './schedules.ts';

/** What says that there is nothing to do any more. */
const OVER: ReadonlySet<string> = new Set([
  'no-such-actor',
  'actor-ended',
  'event-refused',
  'not-pending',
  'unknown-scope',
]);
const TRIES_MAX = 60;
const TRY_EVERY_MS = 2_000;
const ROUNDS_MAX = 40;
const CALM_MS = 12_000;
const RUN_MS = 2_000;

/** Until it is done: a host may still be on its way back. */
const insist = async (
  { wait }: Closing,
  what: string,
  run: () => Promise<unknown>,
): Promise<void> => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      await run();
      return;
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      if (OVER.has(error.code)) return;
      await wait(TRY_EVERY_MS);
    }
  }
  throw new Error(`It was not possible to ${what}.`);
};

const scopesOf = (states: readonly ActorState[]): readonly string[] =>
  states.flatMap(({ limit }) => (limit === undefined ? [] : [limit.scope]));

type Asked = Pick<PermitRequest, 'holder' | 'generation'>;

/** Whose release may be lost: with the end of the journal, or when the holder was folded again. */
const mayBeLost =
  ({ isRestored, wasFoldedAgain }: Closing) =>
  ({ holder, generation }: Asked): boolean =>
    isRestored || wasFoldedAgain(holder, generationSequence(generation));

const auditAll = async (closing: Closing): Promise<void> => {
  const { limits } = closing.operator;
  for (const scope of scopesOf(closing.states()))
    await insist(closing, `audit ${scope}`, () => auditAndFix(limits, scope, mayBeLost(closing)));
};

/** Is there something that an audit has to look at? */
const hasLost = (closing: Closing): boolean =>
  closing.states().some(({ limit }) => limit?.list().some(mayBeLost(closing)) === true);

/** Everybody comes to rest by themselves, but for schedules, the faulted, and what was lost. */
export const closeHarbour = async (closing: Closing): Promise<void> => {
  const { client, operator, states, isRestored, wait } = closing;
  const tell = (name: string, type: string): Promise<void> =>
    insist(closing, `tell ${name} to ${type}`, () => client.actor('schedule', name).send({ type }));
  for (const name of SCHEDULES) if (name !== 'lamps') await tell(name, 'REMOVE');
  for (const { type, id } of states())
    if (type === 'ship')
      await insist(closing, `mend ${type}/${id}`, async () => {
        const ship = operator.actor(type, id);
        // Whoever was about to fold it again may have been ended half way.
        if ((await ship.load()).parked !== undefined) await ship.resume();
        const { status, waitingFor } = await ship.load();
        // An operator may have taken its request out of the queue: retried, it asks again.
        const isWaiting = waitingFor.some(({ what }) => what === 'permit');
        if (status === 'faulted' || isWaiting) await ship.retry();
        // A journal that has lost its end may have lost that of a tug, or its birth.
        if (isRestored) await client.actor(type, id).send({ type: 'CANCEL' });
      });
  // A release that is lost is what an audit is for.
  for (let round = 0; round < ROUNDS_MAX && hasLost(closing); round += 1) {
    await auditAll(closing);
    await wait(TRY_EVERY_MS);
  }
  // With everybody at work again, the last run of the fan-out reaches each lamp.
  await tell('lamps', 'PAUSE');
  await wait(CALM_MS);
  await tell('lamps', 'RUN');
  await wait(RUN_MS);
  await tell('lamps', 'REMOVE');
};
