// Slots: how many commands of each class a worker runs at a time. Each class has its own, so that
// no class can take those of another: however many background tasks hang, regular ones run.
import { checkQueueClass, PawlError, QUEUE_CLASSES, type QueueClass } from '@pawl/core';

/** How many commands of each class run at a time. 0: this worker leaves the class alone. */
export type Slots = Readonly<Record<QueueClass, number>>;

/** Slots of a worker that says nothing. */
export const DEFAULT_SLOTS: Slots = { regular: 50, heavy: 4, background: 10 };

/** More open calls than this are no concurrency, but a queue in memory. */
const SLOTS_MAX = 10_000;

/** What a worker is told about classes. */
export interface SlotOptions {
  /** Classes that it serves. Default: all. */
  readonly classes?: readonly QueueClass[];
  /** Of these classes; default: 50 regular, 4 heavy, 10 background. */
  readonly slots?: Partial<Slots>;
}

/**
 * The slots of a worker. Throws `unknown-class`, or `invalid-slots` when a number makes no sense, a
 * class has slots that is not served, or nothing is served at all.
 */
export const slotsOf = ({ classes = QUEUE_CLASSES, slots = {} }: SlotOptions): Slots => {
  for (const name of [...classes, ...Object.keys(slots)]) checkQueueClass('startWorker()', name);
  const served = new Set(classes);
  const result = Object.fromEntries(
    QUEUE_CLASSES.map((name) => {
      const isServed = served.has(name);
      const count = slots[name] ?? (isServed ? DEFAULT_SLOTS[name] : 0);
      if (!Number.isInteger(count) || count < 0 || count > SLOTS_MAX)
        throw new PawlError(
          'invalid-slots',
          `The class ${name} has ${count} slots: give a whole number from 0 to ${SLOTS_MAX}.`,
        );
      if (count > 0 && !isServed)
        throw new PawlError(
          'invalid-slots',
          `The class ${name} has ${count} slots, but classes: [${classes.join(', ')}] leaves it ` +
            'out: name it there, or give it no slots.',
        );
      return [name, count];
    }),
  ) as Record<QueueClass, number>;
  if (QUEUE_CLASSES.every((name) => result[name] === 0))
    throw new PawlError(
      'invalid-slots',
      `A worker without slots runs nothing: serve ${QUEUE_CLASSES.join(', ')} or some of them.`,
    );
  return result;
};
