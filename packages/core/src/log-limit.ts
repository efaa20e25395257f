// A log with a rate: trouble that repeats is a few lines, and then a count.
import { BoundedMap } from './bounded-map.ts';
import type { Clock } from './clock.ts';
import type { Log, LogFields } from './log.ts';

/** Lines of one kind that are written before the others are counted. */
const LINES_MAX = 5;
/** A count is written this often, ms; after so long without a line the kind is new again. */
const COUNT_EVERY_MS = 10_000;
const KINDS_MAX = 500;

interface Kind {
  /** Written since the trouble began. */
  lines: number;
  lastAt: number;
  /** Not written since the last count. */
  alike: number;
  /** The last of them. */
  message: string;
  fields: LogFields | undefined;
}

const newKind = (): Kind => ({ lines: 0, lastAt: 0, alike: 0, message: '', fields: undefined });

/** What a message says apart from numbers and addresses: the same trouble of another actor. */
const kindOf = (message: string): string => message.replaceAll(/\S*[\d/]\S*/g, '…');

/**
 * Writes to `log`; of warnings and errors of one kind the first five, then every ten seconds the
 * last one with `alike`: how many there were since the line before, itself included. Messages are
 * of one kind that differ in words with digits or slashes only. All other levels pass.
 */
export const limitLog = (log: Log, clock: Clock): Log => {
  const kinds = new BoundedMap<string, Kind>(KINDS_MAX);
  return (level, message, fields) => {
    if (level !== 'warn' && level !== 'error') {
      log(level, message, fields);
      return;
    }
    const key = `${level} ${kindOf(message)}`;
    const now = clock.now();
    const before = kinds.get(key);
    const isOver = before?.alike === 0 && now - before.lastAt >= COUNT_EVERY_MS;
    const kind = before === undefined || isOver ? newKind() : before;
    if (kind !== before) kinds.set(key, kind);
    kind.lastAt = now;
    if (kind.lines < LINES_MAX) {
      kind.lines += 1;
      log(level, message, fields);
      return;
    }
    kind.alike += 1;
    Object.assign(kind, { message, fields });
    if (kind.alike > 1) return;
    clock.after(COUNT_EVERY_MS, () => {
      log(level, kind.message, { ...kind.fields, alike: kind.alike });
      kind.alike = 0;
    });
  };
};
