// References to actors inside contexts: written as marks, and put back when a snapshot is restored.
import type { RunningRef, RunningSnapshot } from './actor-ref.ts';
import type { ActorSystem } from './actor-system.ts';

/**
 * XState's mark of a reference, and what it cannot say: another actor of the tree, or an ended one.
 */
export interface RefMark {
  readonly xstate$$type: 1;
  readonly id: string;
  /** Path, unless it is a child of the context's machine. */
  readonly path?: string;
  /** It ended, and nothing that is sent to it arrives. */
  readonly ended?: true;
}

/** Where a mark stood. */
export interface MarkedPlace {
  /** The machine whose context it is. */
  readonly owner: RunningRef;
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly mark: RefMark;
}

/** Writes a reference as a mark, seen from the machine that holds it. */
export const markOf = (
  ref: RunningRef,
  children: RunningSnapshot['children'],
  system: ActorSystem,
): RefMark => {
  const { id } = ref;
  if (children?.[id] === ref) return { xstate$$type: 1, id };
  const path = system.pathOf(ref);
  return system.running.get(path) === ref
    ? { xstate$$type: 1, id, path }
    : { xstate$$type: 1, id, path, ended: true };
};

const isMark = (value: object): value is RefMark =>
  'xstate$$type' in value && value.xstate$$type === 1;

const copyOf = (value: unknown, owner: RunningRef, places: MarkedPlace[]): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (let index = 0; index < value.length; index += 1)
      copy.push(itemOf(value[index], owner, places, copy, index));
    return copy;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    copy[key] = itemOf((value as Record<string, unknown>)[key], owner, places, copy, key);
  return copy;
};

const itemOf = (
  item: unknown,
  owner: RunningRef,
  places: MarkedPlace[],
  holder: unknown,
  key: string | number,
): unknown => {
  if (typeof item !== 'object' || item === null || !isMark(item))
    return copyOf(item, owner, places);
  places.push({ owner, holder: holder as Record<string, unknown>, key: String(key), mark: item });
  return null; // Replaced as soon as all actors are there.
};

/**
 * A copy of a kept context, and the places of its marks. A copy always: what a step sees does not
 * depend on whether the state was in memory or came from bytes, and no action changes the old
 * state.
 */
export const takeMarks = (
  context: unknown,
  owner: RunningRef,
): { readonly context: unknown; readonly places: readonly MarkedPlace[] } => {
  const places: MarkedPlace[] = [];
  return { context: copyOf(context, owner, places), places };
};
