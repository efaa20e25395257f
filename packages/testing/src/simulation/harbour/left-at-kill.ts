// What a process of the harbour that is killed leaves half done.
import { addressKey, SCHEDULE_TYPE, type ActorState, type ScheduleContext } from '@pawl/core';
import type { AtKill } from '../scenario.ts';

/** What it leaves half done, in the words of the tally. */
export const leftAtKill: AtKill = (states, role) => {
  const all = [...states];
  const contexts = all
    .filter(({ type, status }: ActorState) => type === SCHEDULE_TYPE && status === 'active')
    .map(({ snapshot }) => snapshot.context as unknown as ScheduleContext);
  const isRunning = contexts.some(({ running }) => Object.keys(running).length > 0);
  const isHeld = all.some(({ limit }) => limit !== undefined && limit.places.size > 0);
  const isTelling = all.some(
    (state) =>
      addressKey(state) === addressKey({ type: SCHEDULE_TYPE, id: 'lamps' }) &&
      Object.values(state.pending.commands).some(({ task }) => task === 'schedule-fan-out'),
  );
  return [
    ...(isRunning && role !== 'client' ? [`${role} killed during a run`] : []),
    ...(isHeld && role === 'host' ? ['host killed while permits are held'] : []),
    ...(isTelling && role === 'host' ? ['host killed while an event is sent to many'] : []),
  ];
};
