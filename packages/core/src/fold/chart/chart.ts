// A statechart as tables, made while it runs: its configurations, and the moves between them.
import type { AnyStateMachine } from 'xstate';
import { BoundedMap } from '../../bounded-map.ts';
import { firstMoveOf, moveOf, type History, type Move } from './chart-move.ts';
import {
  ancestorsOf,
  isAtomic,
  rootOf,
  type ChartNode,
  type ChartTransition,
} from './chart-nodes.ts';

/** Configurations of a machine that are remembered: parallel regions multiply them. */
const CONFIGURATIONS_MAX = 10_000;

/** The active states of a machine, in the order in which regions act. One object for each. */
export interface Configuration {
  readonly nodes: readonly ChartNode[];
  readonly value: unknown;
  readonly tags: ReadonlySet<string>;
  /** For each active state without states below: `always` of itself and those above it. */
  readonly always: readonly (readonly ChartTransition[])[];
  /** What is known of its moves, by the only transition that is enabled. */
  readonly moves: Map<ChartTransition, Move>;
}

const frozenValue = (node: ChartNode, active: readonly ChartNode[]): unknown => {
  const below = active.filter(({ parent }) => parent === node);
  const [first] = below;
  if (first === undefined) return Object.freeze({});
  if (node.type === 'compound' && isAtomic(first)) return first.key;
  const value: Record<string, unknown> = {};
  for (const child of node.type === 'compound' ? [first] : below)
    value[child.key] = frozenValue(child, active);
  return Object.freeze(value);
};

const alwaysOf = (nodes: readonly ChartNode[]): (readonly ChartTransition[])[] =>
  nodes
    .filter(isAtomic)
    .map((node) => [node, ...ancestorsOf(node)].flatMap(({ always = [] }) => always))
    .filter((transitions) => transitions.length > 0);

/** The tables of one machine. */
export class Chart {
  readonly root: ChartNode;
  readonly before: Configuration;
  #first: Move | undefined;
  readonly #known = new BoundedMap<string, Configuration>(CONFIGURATIONS_MAX);
  readonly #byValue = new BoundedMap<string, Configuration>(CONFIGURATIONS_MAX);
  readonly #machine: AnyStateMachine;

  constructor(machine: AnyStateMachine) {
    this.#machine = machine;
    this.root = rootOf(machine);
    this.before = this.configuration([this.root]);
  }

  /** The configuration of these states in this order. */
  configuration(nodes: readonly ChartNode[]): Configuration {
    const key = nodes.map(({ order }) => order).join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Configuration = {
      nodes,
      value: frozenValue(this.root, nodes),
      tags: new Set(nodes.flatMap(({ tags }) => tags)),
      always: alwaysOf(nodes),
      moves: new Map(),
    };
    this.#known.set(key, made);
    return made;
  }

  /** The configuration of a persisted snapshot; `ids` are there when the order is another one. */
  restored(value: unknown, ids: readonly string[] | undefined): Configuration {
    if (ids !== undefined) return this.configuration(ids.map((id) => this.nodeById(id)));
    const key = typeof value === 'string' ? value : JSON.stringify(value);
    let known = this.#byValue.get(key);
    if (known === undefined) {
      const nodes = [...this.#nodesOf(this.root, value)];
      nodes.sort((one, other) => one.order - other.order);
      known = this.configuration(nodes);
      this.#byValue.set(key, known);
    }
    return known;
  }

  /** A state by its id. */
  nodeById(id: string): ChartNode {
    const { idMap } = this.#machine as unknown as { readonly idMap: Map<string, ChartNode> };
    const node = idMap.get(id);
    if (node === undefined)
      throw new Error(`The machine ${this.#machine.id} has no state ${JSON.stringify(id)}.`);
    return node;
  }

  /** The move that enters the machine. */
  first(): Move {
    return (this.#first ??= firstMoveOf(this.root));
  }

  /** The move of these transitions. */
  move(from: Configuration, enabled: readonly ChartTransition[], history: History): Move {
    const only = enabled.length === 1 ? enabled[0] : undefined;
    const known = only && from.moves.get(only);
    if (known !== undefined) return known;
    const move = moveOf(enabled, from.nodes, history);
    if (only !== undefined && !move.isByHistory) from.moves.set(only, move);
    return move;
  }

  #nodesOf(node: ChartNode, value: unknown): ChartNode[] {
    if (typeof value === 'string') return [node, this.#childOf(node, value)];
    return [
      node,
      ...Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([key, below]) =>
        this.#nodesOf(this.#childOf(node, key), below),
      ),
    ];
  }

  #childOf(node: ChartNode, key: string): ChartNode {
    const child = node.states[key];
    if (child === undefined) throw new Error(`State '${key}' does not exist on '${node.id}'`);
    return child;
  }
}
