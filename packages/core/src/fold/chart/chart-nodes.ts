// The parts of XState's state nodes and transitions that the fold runs by.
import type { AnyStateMachine } from 'xstate';
import type { RunningNode } from '../actor-ref.ts';

/** An action as a config has it: a name, `{ type, params }` or a built-in. */
export type ActionConfig = unknown;

/** An invoke of a state. */
export interface InvokeNode {
  readonly id: string;
  readonly src: string;
  readonly systemId?: string | undefined;
  readonly input?: unknown;
  readonly onSnapshot?: unknown;
}

/** A transition. Without `target` it stays where it is. */
export interface ChartTransition {
  readonly source: ChartNode;
  readonly target?: readonly ChartNode[] | undefined;
  readonly reenter: boolean;
  readonly guard?: unknown;
  readonly actions: readonly ActionConfig[];
}

/** A state. */
export interface ChartNode extends RunningNode {
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly key: string;
  readonly history: 'shallow' | 'deep' | false;
  readonly parent?: ChartNode | undefined;
  readonly states: Readonly<Record<string, ChartNode>>;
  readonly initial: Pick<ChartTransition, 'actions'> & { readonly target: readonly ChartNode[] };
  readonly entry: readonly ActionConfig[];
  readonly exit: readonly ActionConfig[];
  readonly invoke: readonly InvokeNode[];
  readonly always?: readonly ChartTransition[];
  readonly output?: unknown;
  readonly meta?: unknown;
  readonly config: { readonly target?: string | readonly string[] | undefined };
  readonly machine: AnyStateMachine;
}

/** The root of a machine. */
export const rootOf = (machine: AnyStateMachine): ChartNode => machine.root as unknown as ChartNode;

/** No states below it. */
export const isAtomic = ({ type }: ChartNode): boolean => type === 'atomic' || type === 'final';

/** The states directly below, without history states. */
export const childrenOf = (node: ChartNode): ChartNode[] =>
  Object.values(node.states).filter(({ type }) => type !== 'history');

/** The states above, nearest first, up to `end` (which is left out), or to the root. */
export const ancestorsOf = (node: ChartNode, end?: ChartNode): ChartNode[] => {
  const ancestors: ChartNode[] = [];
  if (node === end) return ancestors;
  for (let above = node.parent; above !== undefined && above !== end; above = above.parent)
    ancestors.push(above);
  return ancestors;
};

/** Is it below `above`? Everything is below undefined. */
export const isBelow = (node: ChartNode, above: ChartNode | undefined): boolean => {
  let marker = node;
  while (marker.parent !== undefined && marker.parent !== above) marker = marker.parent;
  return marker.parent === above;
};

/** A state and those that it begins with. */
export const initialNodesOf = (
  node: ChartNode,
  found: Set<ChartNode> = new Set(),
): Set<ChartNode> => {
  if (found.has(node)) return found;
  found.add(node);
  const [first] = node.type === 'compound' ? node.initial.target : [];
  if (first !== undefined) initialNodesOf(first, found);
  if (node.type === 'parallel') for (const child of childrenOf(node)) initialNodesOf(child, found);
  return found;
};

/** Is this state complete: in a final state, or with all of its regions? */
export const isComplete = (active: ReadonlySet<ChartNode>, node: ChartNode): boolean => {
  if (node.type === 'compound')
    return childrenOf(node).some((child) => child.type === 'final' && active.has(child));
  if (node.type === 'parallel') return childrenOf(node).every((child) => isComplete(active, child));
  return node.type === 'final';
};

const nodeAt = (from: ChartNode, path: string): ChartNode => {
  if (path.startsWith('#')) return from.machine.getStateNodeById(path) as unknown as ChartNode;
  let node = from;
  for (const key of path.split('.')) {
    const next = node.states[key];
    if (next === undefined) throw new Error(`Child state '${key}' does not exist on '${node.id}'`);
    node = next;
  }
  return node;
};

/** Where a history state leads that remembers nothing. */
export const historyDefaultOf = (node: ChartNode): { readonly target: readonly ChartNode[] } => {
  const { parent, config } = node;
  const { target } = config;
  if (parent === undefined) return { target: [] };
  if (target === undefined || target === '')
    return parent.type === 'parallel' ? { target: [parent] } : parent.initial;
  const names = typeof target === 'string' ? [target] : target;
  return { target: names.map((name) => nodeAt(parent, name)) };
};
