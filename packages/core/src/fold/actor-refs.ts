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

const hasMark = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (isMark(value) || Object.values(value).some(hasMark));

const copyWithout = (value: unknown, owner: RunningRef, places: MarkedPlace[]): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [] : {}) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (typeof item === 'object' && item !== null && isMark(item)) {
      places.push({ owner, holder: copy, key, mark: item });
      copy[key] = null; // Replaced as soon as all actors are there.
    } else copy[key] = copyWithout(item, owner, places);
  }
  return copy;
};

/** The context itself when it holds no mark, else a copy with the places of its marks. */
export const takeMarks = (
  context: unknown,
  owner: RunningRef,
): { readonly context: unknown; readonly places: readonly MarkedPlace[] } => {
  if (!hasMark(context)) return { context, places: [] };
  const places: MarkedPlace[] = [];
  return { context: copyWithout(context, owner, places), places };
};
