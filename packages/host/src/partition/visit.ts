// A visit of a partition: after streams were made anew, every actor's wants are published again.
import { addressKey, type ActorAddress } from '@pawl/core';
import type { ActorRunner } from '../actor/actor-runner.ts';
import type { HostContext } from '../host-context.ts';
import { untilDone } from '../retry.ts';

/** So many actors at a time: each waits for its snapshot, and snapshots are saved together. */
const TOGETHER = 200;

/** What a visit needs to know of its partition. */
export interface VisitedPartition {
  readonly number: number;
  readonly isCurrent: () => boolean;
  /** The actor in memory, new if need be. */
  readonly runner: (key: string) => ActorRunner;
}

/**
 * Visits the actors unless another host has done that for the streams of this identity. Resolves to
 * who did; undefined when the partition was lost in between.
 */
export const visitPartition = async (
  { ports, service, catalog, identity: journal, clock, log }: HostContext,
  identity: string,
  { number, isCurrent, runner }: VisitedPartition,
): Promise<'self' | 'other' | undefined> => {
  const retry = { clock, log, what: `Visiting partition ${number}`, isWanted: isCurrent };
  const persist = <Result>(action: () => Promise<Result>): Promise<Result> =>
    untilDone(action, retry);
  if ((await persist(() => ports.visits.load(service, number))) === identity) return 'other';
  let visited = 0;
  for (const type of catalog.types) {
    const actors = await persist(() => ports.visits.actors(number, type));
    const headers = await persist(() => ports.snapshots.headers(number, type));
    const isOver = new Set(
      headers
        .filter(({ status, journal: of }) => status === 'done' && of === journal.created)
        .map(addressKey),
    );
    const living = actors.filter((actor) => !isOver.has(addressKey(actor)));
    for (let from = 0; from < living.length; from += TOGETHER) {
      const together = living.slice(from, from + TOGETHER);
      await Promise.all(together.map((actor: ActorAddress) => runner(addressKey(actor)).renew()));
      if (!isCurrent()) return undefined;
    }
    visited += living.length;
  }
  if (!isCurrent()) return undefined;
  await persist(() => ports.visits.save(service, number, identity));
  if (visited > 0)
    log('info', `What actors of partition ${number} of ${service} wait for is published again`, {
      actors: visited,
      why: 'nobody has done so since its streams were made',
    });
  return 'self';
};
