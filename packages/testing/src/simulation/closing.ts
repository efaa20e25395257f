// The end of a world: when its faults are over, the scenario brings everybody to rest.
import { foldAgainOrderOf, readEntry, type StoredEntry } from '@pawl/core';
import type { Closing } from './scenario.ts';
import type { World } from './world.ts';

const LOOK_EVERY_MS = 1_000;
const CLIENT_WITHIN_MS = 60_000;
const WITHIN_MS = 900_000;

const isFoldAgain = (entry: StoredEntry): boolean =>
  entry.kindToken === 'admin' && foldAgainOrderOf(readEntry(entry)) !== undefined;

type Hands = Pick<Closing, 'client' | 'operator'>;

/** A client and an operator that nobody will end any more. */
const findHands = async ({ places, time }: World): Promise<Hands | undefined> => {
  for (const until = time.exact + CLIENT_WITHIN_MS; time.exact < until;) {
    for (const { running, process } of places.values())
      if (running?.role === 'client' && process?.isWorking === true)
        return { client: running.client, operator: running.operator() };
    await time.runUntil(time.exact + LOOK_EVERY_MS);
  }
  return undefined;
};

/** Runs what the scenario does at the end. That it does not end is a defect. */
export const closeWorld = async (world: World): Promise<void> => {
  const { scenario, time, recorder, defects, restoredTo, broker } = world;
  if (scenario.closing === undefined) return;
  const hands = await findHands(world);
  if (hands === undefined) {
    defects.push(new Error('No client came back.'));
    return;
  }
  const closing: Closing = {
    ...hands,
    states: () => [...recorder.latest],
    isRestored: restoredTo !== undefined,
    wasFoldedAgain: (actor, after) =>
      broker.journal.read(actor).some((entry) => entry.sequence > after && isFoldAgain(entry)),
    wait: (ms) => new Promise((resolve) => void time.after(ms, resolve)),
  };
  let isOver = false;
  const ending = scenario
    .closing(closing)
    .catch((error: unknown) => void defects.push(error))
    .finally(() => (isOver = true));
  await time.runUntil(time.exact + WITHIN_MS, () => isOver);
  if (isOver) await ending;
  else defects.push(new Error('The closing of the world never ended.'));
};
