// Cron in time zones. Never called by the fold: zone data differ between builds of Node.
import { Cron } from 'croner';
import { PawlError } from '../errors.ts';

/** What stands in for six fields. */
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
};

const FIELDS = 'second (0-59, may be left out), minute, hour, day of month, month, day of week';

/** Six fields of what was written: five get the second 0, names are resolved. */
const sixFields = (cron: string): string => {
  const named = NAMED[cron.trim().toLowerCase()];
  if (named !== undefined) return named;
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 5) return ['0', ...fields].join(' ');
  if (fields.length === 6) return fields.join(' ');
  throw new PawlError(
    'schedule-invalid',
    `The cron expression ${JSON.stringify(cron)} has ${fields.length} fields: give five or six, ` +
      `${FIELDS}, or one of ${Object.keys(NAMED).join(', ')}. For spans of time use \`every\`.`,
  );
};

/** Throws `schedule-invalid` for a zone that is not in the zone data. */
export const checkTimeZone = (timeZone: string): void => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const known = Intl.supportedValuesOf('timeZone');
    const last = timeZone.split('/').at(-1)?.toLowerCase() ?? '';
    const near = last === '' ? [] : known.filter((name) => name.toLowerCase().includes(last));
    const examples = near.length > 0 ? near.slice(0, 5) : ['UTC', 'Europe/Berlin', 'Asia/Tokyo'];
    throw new PawlError(
      'schedule-invalid',
      `There is no time zone ${JSON.stringify(timeZone)}. Use an IANA name: ${examples.join(', ')}.`,
    );
  }
};

const cache = new Map<string, Cron>();
const CACHE_MAX = 200;

const open = (cron: string, timeZone: string): Cron => {
  const key = `${cron}|${timeZone}`;
  let known = cache.get(key);
  if (known !== undefined) return known;
  known = new Cron(cron, { timezone: timeZone, mode: '6-part', paused: true });
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(key, known);
  return known;
};

/**
 * Checks an expression and returns its six fields. Throws `schedule-invalid` when it cannot be
 * read, when the zone is unknown, and when it never fires (30 February).
 */
export const checkCron = (cron: string, timeZone: string, now: number): string => {
  checkTimeZone(timeZone);
  const fields = sixFields(cron);
  let first: number | undefined;
  try {
    first = nextTime(fields, timeZone, now);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PawlError(
      'schedule-invalid',
      `The cron expression ${JSON.stringify(cron)} cannot be read: ${why}. Its fields: ${FIELDS}.`,
      { cause: error },
    );
  }
  if (first === undefined)
    throw new PawlError(
      'schedule-invalid',
      `The cron expression ${JSON.stringify(cron)} never fires: no day has this date.`,
    );
  return fields;
};

/**
 * The first time after `after`, ms since 1970; undefined when there is none. A time of day that a
 * change of the clock leaves out comes when the clock has been changed, and one that comes twice is
 * taken the first time. Of an expression with several minutes or hours (`10,40 2`, `0 1-3`), those
 * left out are not made up for, and those that come twice are taken twice.
 */
export const nextTime = (cron: string, timeZone: string, after: number): number | undefined =>
  open(cron, timeZone).nextRun(new Date(after))?.getTime();

/** At most `count` times after `after`, in order. */
export const nextTimes = (
  cron: string,
  timeZone: string,
  after: number,
  count: number,
): readonly number[] => {
  const times: number[] = [];
  for (let time: number | undefined = after; times.length < count; times.push(time)) {
    time = nextTime(cron, timeZone, time);
    if (time === undefined) break;
  }
  return times;
};
