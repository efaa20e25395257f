// What live XState and the fold have in common, in a form that can be compared.
import { isDeepStrictEqual } from 'node:util';
import type { Effect } from '@pawl/core';
import type { Happening } from './live-actor.ts';

/** JSON without what live XState keeps and the fold has elsewhere, and with errors as messages. */
export const normal = (value: unknown): unknown => {
  if (value instanceof Error) return { message: value.message };
  if (typeof value === 'string') return value.toWellFormed();
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(normal);
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields['xstate$$type'] === 1) return { ref: fields['id'] };
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, item]) => item !== undefined && key !== 'nodes' && key !== 'syncSnapshot')
      .map(([key, item]) => [key, key === 'error' ? normalError(item) : normal(item)]),
  );
};

const normalError = (error: unknown): unknown => ({
  message: (error as { readonly message?: unknown } | undefined)?.message,
});

/** A task's snapshot holds its input in live XState; in the fold the pending table does. */
export const withoutTaskInput = (persisted: unknown): unknown => {
  const snapshot = persisted as { readonly children?: Record<string, { snapshot: object }> };
  const children = Object.entries(snapshot.children ?? {}).map(([id, child]) => {
    const { input: _input, ...rest } = child.snapshot as { readonly input?: unknown };
    return [id, { ...child, snapshot: withoutTaskInput(rest) }];
  });
  return snapshot.children === undefined
    ? snapshot
    : { ...snapshot, children: Object.fromEntries(children) as unknown };
};

/** The smallest part in which two values differ. */
export const firstDifference = (
  folded: unknown,
  live: unknown,
  what: string,
): { readonly what: string; readonly folded: unknown; readonly live: unknown } => {
  const areObjects =
    typeof folded === 'object' && typeof live === 'object' && folded !== null && live !== null;
  if (areObjects) {
    const one = folded as Readonly<Record<string, unknown>>;
    const other = live as Readonly<Record<string, unknown>>;
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      if (!isDeepStrictEqual(one[key], other[key]))
        return firstDifference(one[key], other[key], `${what}.${key}`);
  }
  return { what, folded, live };
};

/** Effects as happenings; `dues` remembers when timers were due. */
export const happeningsOf = (effects: readonly Effect[], dues: Map<string, number>): Happening[] =>
  effects.flatMap((effect): Happening[] => {
    switch (effect.kind) {
      case 'command':
        return [{ what: 'command', name: effect.id, details: [effect.path, effect.input] }];
      case 'cancel':
        return [{ what: 'cancel', name: effect.id, details: [effect.path] }];
      case 'arm':
        dues.set(effect.generation, effect.dueAt);
        return [{ what: 'arm', name: effect.generation, details: [effect.dueAt] }];
      case 'disarm': {
        const { generation } = effect;
        return [{ what: 'disarm', name: generation, details: [dues.get(generation)] }];
      }
      case 'emit':
        return [{ what: 'emit', name: undefined, details: [effect.event] }];
      case 'log':
        return [{ what: 'log', name: undefined, details: [effect.value] }];
      default:
        return [];
    }
  });

/** What they did, in their order. */
export const inOrder = (happenings: readonly Happening[]): unknown[] =>
  happenings.map(({ what, details }) => normal([what, ...details]));

/** What came of it, whatever the order: without what began and ended in the step. */
export const inSum = (happenings: readonly Happening[]): unknown[] => {
  const names = (...kinds: readonly string[]): Set<unknown> =>
    new Set(happenings.filter(({ what }) => kinds.includes(what)).map(({ name }) => name));
  const begun = names('arm', 'command');
  const ended = names('disarm', 'cancel');
  return happenings
    .filter(({ name }) => name === undefined || !(begun.has(name) && ended.has(name)))
    .map(({ what, details }) => JSON.stringify(normal([what, ...details])))
    .sort();
};
