// Nobody waits on nothing, nobody is faulted or parked, and nothing is done much too late.
import { addressKey, type ActorAddress, type ActorState } from '@pawl/core';
import type { Evidence } from '../evidence.ts';
import type { World } from '../world.ts';

/** Timers that are due later than this need not fire before a world is judged, ms. */
export const FAR_MS = 600_000;

/** Generations of the timers that the broker has, and that are far off. */
export const farTimersOf = ({ broker, time }: World): ReadonlySet<string> =>
  new Set(
    broker.timers.armed
      .filter(({ dueAt }) => dueAt > time.now() + FAR_MS)
      .map(({ generation }) => generation),
  );

/** What a state waits for and nobody will end: there is no command, timer or child any more. */
export const openWaitsOf = (
  { status, pending }: ActorState,
  world: World,
  farTimers: ReadonlySet<string>,
  isAlive: (child: ActorAddress) => boolean,
): string[] => {
  if (status !== 'active') return [];
  const { commands, timers, children, permits = {} } = pending;
  // A journal that has lost its end may have lost the end of a child, or its birth: then only an
  // operator's rebuild can tell its parent.
  const awaited = world.restoredTo === undefined ? Object.values(children) : [];
  return [
    ...Object.values(commands)
      .filter((command) => command.status !== 'cancelled')
      .map(({ path, generation, status: how }) => `command ${path}@${generation} (${how})`),
    ...Object.values(permits)
      .filter(({ held, scopes }) => held < scopes.length)
      .map(({ path, generation, held, scopes }) => `permit ${path}@${generation} ${scopes[held]}`),
    ...Object.values(timers)
      .filter(({ generation }) => !farTimers.has(generation))
      .map(({ key, generation }) => `timer ${key}@${generation}`),
    ...awaited
      .filter((child) => !isAlive(child))
      .map((child) => `child ${addressKey(child)}, which is not there`),
  ];
};

/** All is quiet, so nobody may wait for anything that has gone. */
export const leavesNobodyWaiting = ({ states, world }: Evidence): readonly string[] => {
  const farTimers = farTimersOf(world);
  const isAlive = (child: ActorAddress): boolean =>
    states.get(addressKey(child))?.status === 'active';
  return [...states].flatMap(([key, state]) =>
    openWaitsOf(state, world, farTimers, isAlive).map((what) => `${key} waits for ${what}`),
  );
};

/** Machines without defects never fault, and nothing stays parked when all versions are there. */
export const leavesNobodyBehind = ({ states, world }: Evidence): readonly string[] => [
  ...[...states].flatMap(([key, { status, fault }]) =>
    status === 'faulted' ? [`${key} is faulted: ${fault?.error.code} ${fault?.error.message}`] : [],
  ),
  ...world.broker.snapshots.all.flatMap(({ header: { type, id, parked } }) =>
    parked === undefined ? [] : [`${type}/${id} is parked: ${parked.message}`],
  ),
];

/** Failures are dealt with within this, ms. Only the sweep mends the rarest, once a minute. */
const PATIENCE_MS = 75_000;

/** While somebody could, entries are folded and timers fire. */
export const isNeverLate = ({ world, lives }: Evidence): readonly string[] => {
  const { health, recorder, counts } = world;
  const problems: string[] = [];
  const lateBy = (from: number, to: number): boolean =>
    to - from > PATIENCE_MS && health.servedWithin(from, to) > PATIENCE_MS;
  const hasTimers = (counts.get('timers-lost') ?? 0) === 0 && world.restoredTo === undefined;
  for (const { key, replayed } of lives.values())
    for (const { entry, stored, step, before } of replayed) {
      const { sequence, time } = stored;
      // Not folded by itself: all before it are, once more.
      if (entry?.body['type'] === 'fold-again') continue;
      const foldedAt = recorder.foldedAt.get(sequence);
      if (foldedAt === undefined) problems.push(`${key}@${sequence} was never folded`);
      else if (lateBy(time, foldedAt))
        problems.push(`${key}@${sequence} was folded after ${foldedAt - time} ms`);
      const path = entry?.body['type'] === 'expired' ? String(entry.body['path']) : '';
      const expired = before?.pending.commands[path];
      const hadTime = expired !== undefined && expired.deadlineAt - expired.since >= FAR_MS;
      if (hadTime && step.outcome.kind === 'applied' && world.restoredTo === undefined)
        problems.push(`${key}@${sequence}: ${path} ran into its deadline`);
      if (entry?.kind !== 'timer' || step.outcome.kind !== 'applied' || !hasTimers) continue;
      const timer = before?.pending.timers[String(entry.body['key'])];
      if (timer !== undefined && lateBy(timer.dueAt, time))
        problems.push(`${key}@${sequence}: ${timer.key} fired ${time - timer.dueAt} ms late`);
    }
  return problems;
};
