// Times and durations for people, and ISO times for pipes.

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `240 ms`, `3 s`, `2 min`, `5 h 10 min`, `3 d 4 h`. */
export const durationText = (ms: number): string => {
  const size = Math.abs(ms);
  for (const [index, [unitMs, unit]] of UNITS.entries()) {
    if (size < unitMs) continue;
    const count = Math.floor(size / unitMs);
    const next = UNITS[index + 1];
    if (next === undefined || unit === 'min') return `${count} ${unit}`;
    const rest = Math.floor((size - count * unitMs) / next[0]);
    return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${next[1]}`;
  }
  return `${Math.round(size)} ms`;
};

/** `3 s ago`, `in 10 min`, `now`. */
export const relativeTime = (at: number, now: number): string => {
  const ms = at - now;
  if (Math.abs(ms) < 1000) return 'now';
  return ms < 0 ? `${durationText(ms)} ago` : `in ${durationText(ms)}`;
};

/** `2026-01-31T12:00:00.000Z`. */
export const isoTime = (at: number): string => new Date(at).toISOString();

/** Relative for people, ISO for pipes. */
export const timeText = (at: number, now: number, isPretty: boolean): string =>
  isPretty ? relativeTime(at, now) : isoTime(at);

/** `12:00:01.250`, local time: for lines that appear as things happen. */
export const clockText = (at: number): string => {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};
