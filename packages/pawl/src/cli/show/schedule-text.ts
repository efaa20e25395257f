// A schedule for people: when and what.
import type { ScheduleDefinition } from '@pawl/core';
import { durationText } from './time-text.ts';

/** `every 10 min`, `0 30 2 * * * (Europe/Berlin)`. */
export const timingText = ({ timing }: ScheduleDefinition): string =>
  'cron' in timing
    ? `${timing.cron} (${timing.timeZone})`
    : `every ${durationText(timing.everyMs)}`;

/** `job storage.pull`, `actor report`, `PULL to volume in ok, erred`. */
export const targetText = ({ target }: ScheduleDefinition): string => {
  if (target.kind === 'command') return `job ${target.contract.service}.${target.contract.name}`;
  if (target.kind === 'actor') return `actor ${target.type}/${target.idPrefix}-…`;
  const states = target.states === undefined ? '' : ` in ${target.states.join(', ')}`;
  return `${target.event.type} to ${target.type}${states}`;
};
