// A state value in one line, and its colour.
import type { ActorState } from '@pawl/core';
import type { Colors } from '../terminal.ts';

/** `ok`, `alive.ok`, `power.on disk.full` for parallel regions. */
export const stateText = (value: unknown): string => {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  const branches = (node: object, path: string): string[] =>
    Object.entries(node).flatMap(([key, child]: [string, unknown]) => {
      const here = path === '' ? key : `${path}.${key}`;
      if (typeof child === 'object' && child !== null) {
        const below = branches(child, here);
        return below.length === 0 ? [here] : below;
      }
      return [`${here}.${String(child)}`];
    });
  return branches(value, '').join(' ');
};

/** Red for faulted, dim for ended, green for what rests; the rest is on its way. */
export const statusColor = (
  status: ActorState['status'] | 'unknown',
  colors: Colors,
): ((text: string) => string) => {
  if (status === 'faulted') return colors.red;
  return status === 'done' ? colors.dim : colors.green;
};

/** `a → b`, or `a` when nothing moved. */
export const moveText = (before: unknown, after: unknown): string => {
  const from = stateText(before);
  const to = stateText(after);
  return from === to ? to : `${from} → ${to}`;
};
