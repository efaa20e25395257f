// Which states a set of transitions leaves and enters: the structural half of SCXML's microstep, as
// XState does it (https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation). No context, no action.
import {
  ancestorsOf,
  childrenOf,
  historyDefaultOf,
  initialNodesOf,
  isAtomic,
  isBelow,
  isComplete,
  type ChartNode,
  type ChartTransition,
} from './chart-nodes.ts';

/** States that were left, by the id of the history state that remembers them. */
export type History = Readonly<Record<string, readonly ChartNode[]>>;

/** What the entry of a final state completes. */
export interface Completion {
  /** Id of the compound state above it. */
  readonly parentId?: string;
  /** Ids of parallel states whose regions are now all complete, inner first. */
  readonly parallelIds: readonly string[];
  /** The whole machine is complete; its output is that of this state. */
  readonly machineBy?: ChartNode;
}

/** A state that is entered. */
export interface Entered {
  readonly node: ChartNode;
  /** Its initial transition is taken, too. */
  readonly isDefault: boolean;
  readonly completion?: Completion;
}

/** What a set of transitions does to the active states. */
export interface Move {
  /** In the order of their actions. */
  readonly transitions: readonly ChartTransition[];
  /** Innermost first. */
  readonly exited: readonly ChartNode[];
  /** What history states remember from now on; undefined: nothing new. */
  readonly remembered: History | undefined;
  /** Outermost first. */
  readonly entered: readonly Entered[];
  /** Active afterwards, in the order in which regions act; undefined: as before. */
  readonly active: readonly ChartNode[] | undefined;
  /** The machine is done: the states that end with it, innermost first. */
  readonly ended: readonly ChartNode[];
  /** It depends on what history states remember. */
  readonly isByHistory: boolean;
}

/** Works out one move. */
class MoveMaker {
  isByHistory = false;
  private history: History;
  private readonly entering = new Set<ChartNode>();
  private readonly byDefault = new Set<ChartNode>();

  constructor(history: History) {
    this.history = history;
  }

  make(
    enabled: readonly ChartTransition[],
    before: readonly ChartNode[],
    isInitial: boolean,
  ): Omit<Move, 'isByHistory'> {
    const active = new Set(before);
    const transitions = this.withoutConflicts(enabled, active);
    const exited = isInitial ? [] : this.exitSet(transitions, active);
    exited.sort((one, other) => other.order - one.order);
    const remembered = exited.reduce<History | undefined>(
      (found, node) => remember(node, active, found),
      undefined,
    );
    // What is left in this move can be entered again by the same move.
    if (remembered !== undefined) this.history = { ...this.history, ...remembered };
    for (const node of exited) active.delete(node);
    for (const transition of transitions) this.addTargets(transition);
    const entered = this.enter(active, isInitial);
    const isDone = entered.some(({ completion }) => completion?.machineBy !== undefined);
    const after = [...active];
    if (isDone) after.sort((one, other) => other.order - one.order);
    const isSame =
      remembered === undefined &&
      before.length === active.size &&
      before.every((node) => active.has(node));
    return {
      transitions,
      exited,
      remembered,
      entered,
      active: isSame ? undefined : after,
      ended: isDone ? after : [],
    };
  }

  private remembered(node: ChartNode): readonly ChartNode[] | undefined {
    this.isByHistory = true;
    return this.history[node.id];
  }

  private effectiveTargets({ target = [] }: Pick<ChartTransition, 'target'>): ChartNode[] {
    const targets = new Set<ChartNode>();
    for (const node of target) {
      if (node.type !== 'history') targets.add(node);
      else
        for (const effective of this.remembered(node) ??
          this.effectiveTargets(historyDefaultOf(node)))
          targets.add(effective);
    }
    return [...targets];
  }

  /** The state within which all of a transition happens; undefined: the root is entered again. */
  private domainOf(transition: ChartTransition): ChartNode | undefined {
    const { source, reenter } = transition;
    const targets = this.effectiveTargets(transition);
    if (!reenter && targets.every((target) => target === source || isBelow(target, source)))
      return source;
    const [head, ...others] = [...targets, source];
    const common = ancestorsOf(head).find((above) => others.every((node) => isBelow(node, above)));
    if (common !== undefined || reenter) return common;
    let root = source;
    while (root.parent !== undefined) root = root.parent;
    return root;
  }

  private exitSet(
    transitions: readonly ChartTransition[],
    active: ReadonlySet<ChartNode>,
  ): ChartNode[] {
    const exited = new Set<ChartNode>();
    for (const transition of transitions) {
      if (transition.target === undefined || transition.target.length === 0) continue;
      const domain = this.domainOf(transition);
      if (transition.reenter && transition.source === domain) exited.add(domain);
      for (const node of active) if (isBelow(node, domain)) exited.add(node);
    }
    return [...exited];
  }

  /** Of two transitions that would leave the same state, the inner one goes first. */
  private withoutConflicts(
    enabled: readonly ChartTransition[],
    active: ReadonlySet<ChartNode>,
  ): readonly ChartTransition[] {
    if (enabled.length < 2) return enabled;
    const kept = new Set<ChartTransition>();
    for (const transition of enabled) {
      const exits = new Set(this.exitSet([transition], active));
      const rivals = [...kept].filter((other) =>
        this.exitSet([other], active).some((node) => exits.has(node)),
      );
      const stronger = rivals.findIndex((other) => !isBelow(transition.source, other.source));
      if (stronger >= 0) continue;
      for (const other of rivals) kept.delete(other);
      kept.add(transition);
    }
    return [...kept];
  }

  private addTargets(transition: ChartTransition): void {
    const { source, target = [], reenter } = transition;
    const domain = this.domainOf(transition);
    for (const node of target) {
      if (node.type !== 'history' && (source !== node || source !== domain || reenter))
        this.add(node, true);
      this.addBelow(node);
    }
    for (const node of this.effectiveTargets(transition)) {
      const above = ancestorsOf(node, domain);
      if (domain?.type === 'parallel') above.push(domain);
      this.addAbove(above, source.parent === undefined && reenter ? undefined : domain);
    }
  }

  private add(node: ChartNode, isDefault: boolean): void {
    this.entering.add(node);
    if (isDefault) this.byDefault.add(node);
  }

  private addBelow(node: ChartNode): void {
    if (node.type === 'history') this.addRemembered(node);
    else if (node.type === 'compound') {
      const [first] = node.initial.target;
      if (first === undefined) return;
      if (first.type !== 'history') this.add(first, true);
      this.addBelow(first);
      this.addAbove(ancestorsOf(first, node));
    } else if (node.type === 'parallel') this.addRegions(node, true);
  }

  private addRemembered(node: ChartNode): void {
    const remembered = this.remembered(node);
    const targets = remembered ?? historyDefaultOf(node).target;
    const { parent } = node;
    const isInitial = remembered === undefined && targets === parent?.initial.target;
    for (const target of targets) {
      this.add(target, false);
      if (isInitial && parent !== undefined) this.byDefault.add(parent);
      this.addBelow(target);
    }
    for (const target of targets) this.addAbove(ancestorsOf(target, parent));
  }

  private addAbove(above: readonly ChartNode[], within?: ChartNode): void {
    for (const node of above) {
      if (within === undefined || isBelow(node, within)) this.entering.add(node);
      if (node.type === 'parallel') this.addRegions(node, false);
    }
  }

  private addRegions(node: ChartNode, isDefault: boolean): void {
    for (const region of childrenOf(node)) {
      if ([...this.entering].some((entered) => isBelow(entered, region))) continue;
      this.add(region, isDefault);
      this.addBelow(region);
    }
  }

  private enter(active: Set<ChartNode>, isInitial: boolean): Entered[] {
    const complete = new Set<ChartNode>();
    return [...this.entering]
      .sort((one, other) => one.order - other.order)
      .map((node) => {
        active.add(node);
        const isDefault = this.byDefault.has(node) || (isInitial && node.parent === undefined);
        return node.type === 'final'
          ? { node, isDefault, completion: completionOf(node, active, complete) }
          : { node, isDefault };
      });
  }
}

const completionOf = (
  node: ChartNode,
  active: ReadonlySet<ChartNode>,
  complete: Set<ChartNode>,
): Completion => {
  const { parent } = node;
  const parallelIds: string[] = [];
  let above = parent?.type === 'parallel' ? parent : parent?.parent;
  let machineBy = above ?? node;
  while (above?.type === 'parallel' && !complete.has(above) && isComplete(active, above)) {
    complete.add(above);
    parallelIds.push(above.id);
    machineBy = above;
    above = above.parent;
  }
  return {
    parallelIds,
    ...(parent?.type === 'compound' && { parentId: parent.id }),
    ...(above === undefined && { machineBy }),
  };
};

const remember = (
  left: ChartNode,
  active: ReadonlySet<ChartNode>,
  before: History | undefined,
): History | undefined => {
  let next = before;
  for (const node of Object.values(left.states)) {
    if (node.type !== 'history') continue;
    const states = [...active].filter((state) =>
      node.history === 'deep' ? isAtomic(state) && isBelow(state, left) : state.parent === left,
    );
    next = { ...next, [node.id]: states };
  }
  return next;
};

/** The move of the enabled transitions. */
export const moveOf = (
  enabled: readonly ChartTransition[],
  active: readonly ChartNode[],
  history: History,
): Move => {
  const maker = new MoveMaker(history);
  const move = maker.make(enabled, active, false);
  return { ...move, isByHistory: maker.isByHistory };
};

/** The move that enters a machine. */
export const firstMoveOf = (root: ChartNode): Move => {
  const first: ChartTransition = {
    source: root,
    target: [...initialNodesOf(root)],
    reenter: true,
    actions: [],
  };
  return { ...new MoveMaker({}).make([first], [root], true), isByHistory: false };
};
