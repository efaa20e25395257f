// The clock on the wall of a time zone, and the moments at which it is changed.

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** A moment at which a zone's clock jumps. */
export interface ClockChange {
  /** ms since 1970. */
  readonly at: number;
  /** How far it jumps: forward is positive, ms. */
  readonly byMs: number;
}

/**
 * What the wall of a zone shows, as if it were UTC, ms. Such wall times can be compared and
 * printed; one that a change leaves out is a number like any other.
 */
export class WallClock {
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.timeZone = timeZone;
    const digits = {
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    } as const;
    this.#format = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', second: '2-digit' },
      ...digits,
    });
  }

  /** The wall time at a moment. */
  at(time: number): number {
    const parts = this.#format.formatToParts(time).map(({ type, value }) => [type, Number(value)]);
    const part = Object.fromEntries(parts) as Readonly<Record<string, number>>;
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /** How far the wall is ahead of UTC, ms. */
  offset(time: number): number {
    return this.at(time) - Math.floor(time / SECOND_MS) * SECOND_MS;
  }

  /** Changes after one moment and up to another, in order. Two within a day are one. */
  changes(after: number, upTo: number): readonly ClockChange[] {
    const changes: ClockChange[] = [];
    for (let from = after; from < upTo; from += DAY_MS) {
      const to = Math.min(from + DAY_MS, upTo);
      const byMs = this.offset(to) - this.offset(from);
      if (byMs !== 0) changes.push({ at: this.#changedAt(from, to), byMs });
    }
    return changes;
  }

  /** The first second with the offset of the later moment. */
  #changedAt(from: number, to: number): number {
    const after = this.offset(to);
    let [before, later] = [Math.floor(from / SECOND_MS), Math.ceil(to / SECOND_MS)];
    while (later - before > 1) {
      const middle = Math.floor((before + later) / 2);
      if (this.offset(middle * SECOND_MS) === after) later = middle;
      else before = middle;
    }
    return later * SECOND_MS;
  }
}

/** `2026-03-29 02:30:00`. */
export const wallText = (wall: number): string =>
  new Date(wall).toISOString().slice(0, 19).replace('T', ' ');

/** `02:30:00`. */
export const wallTime = (wall: number): string => wallText(wall).slice(11);

/** `+05:30`. */
export const offsetText = (offsetMs: number): string => {
  const clock = new Date(Math.abs(offsetMs)).toISOString();
  const seconds = clock.slice(17, 19); // Of zones in old times.
  const text = clock.slice(11, 16) + (seconds === '00' ? '' : `:${seconds}`);
  return `${offsetMs < 0 ? '-' : '+'}${text}`;
};
