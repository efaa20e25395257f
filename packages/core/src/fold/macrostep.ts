// One event of a statechart until it rests again: XState's macrostep, with the moves from tables.
// Actions that only compute, guards and the choice of transitions are XState's own.
import { not, type AnyActorLogic } from 'xstate';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import type { Chart } from './chart.ts';
import type { Completion, Entered, Move } from './chart-move.ts';
import type { ActionConfig, ChartNode, ChartTransition, InvokeNode } from './chart-nodes.ts';
import { enabledBy, type ChartSnapshot } from './chart-snapshot.ts';
import { InnerActor, type ActorScope } from './inner-actor.ts';

/** What an expression is called with. */
interface Args {
  readonly context: unknown;
  readonly event: MachineEvent;
  readonly self: RunningRef;
  readonly system: unknown;
}

type Expression = (args: unknown, params?: unknown) => unknown;

/** A built-in action, with its options as fields. */
interface Builtin {
  readonly type: string;
  resolve(...args: unknown[]): [unknown, unknown, readonly ActionConfig[] | undefined];
  retryResolve?(scope: ActorScope, snapshot: unknown, params: unknown): void;
  execute?(scope: ActorScope, params: unknown): void;
}

type Assign = Builtin & { readonly assignment: Expression | Readonly<Record<string, unknown>> };
type Spawn = Builtin & Omit<InvokeNode, 'id'> & { readonly id: unknown; readonly syncSnapshot?: boolean };
type Stop = Builtin & { readonly actorRef: unknown };

/** What waits until a state has made its actors. */
interface Later {
  readonly ids: readonly string[];
  readonly retries: (() => void)[];
}

interface GuardCheck {
  check(snapshot: unknown, args: unknown, guard: { readonly guards: readonly unknown[] }): boolean;
}

const negation = not(() => true) as unknown as GuardCheck;

const valueOf = (value: unknown, ...args: unknown[]): unknown =>
  typeof value === 'function' ? (value as (...args: unknown[]) => unknown)(...args) : value;

/** Runs one macrostep of one actor. */
export class Macrostep {
  private readonly chart: Chart;
  private readonly actor: InnerActor;
  private readonly scope: ActorScope;
  private readonly queue: MachineEvent[] = [];
  private snapshot: ChartSnapshot;
  private isCopy: boolean;
  /** Has the microstep changed the snapshot? */
  private hasChanged = false;

  constructor(chart: Chart, snapshot: ChartSnapshot, scope: ActorScope, isNew: boolean) {
    this.chart = chart;
    this.snapshot = snapshot;
    this.scope = scope;
    this.actor = scope.self as InnerActor;
    this.isCopy = isNew;
  }

  /** Enters the machine. */
  begin(event: MachineEvent, context: unknown): ChartSnapshot {
    if (typeof context === 'function') {
      const assignment: Expression = (args) => {
        const { spawn, self } = args as { readonly spawn: unknown; readonly self: unknown };
        return (context as Expression)({ spawn, input: event['input'], self });
      };
      this.assign({ assignment } as Assign, this.argsOf(event), undefined);
    }
    this.make(this.chart.first(), event);
    return this.settle(event);
  }

  /** Takes an event; returns the same snapshot when nothing came of it. */
  take(event: MachineEvent): ChartSnapshot {
    const { snapshot } = this;
    if (event.type === 'xstate.stop') {
      this.stopChildren(true);
      this.own().status = 'stopped';
      return this.snapshot;
    }
    const enabled = enabledBy(snapshot, event);
    if (enabled.length === 0 && event.type.startsWith('xstate.error.actor')) {
      this.stopChildren(true);
      Object.assign(this.own(), { status: 'error', error: event['error'] });
      return this.snapshot;
    }
    this.microstep(enabled, event);
    return this.settle(event);
  }

  private settle(first: MachineEvent): ChartSnapshot {
    let event = first;
    let mayAlways = true;
    const { maxIterations = Infinity } = this.snapshot.machine.options as {
      readonly maxIterations?: number;
    };
    for (let count = 1; this.snapshot.status === 'active'; count += 1) {
      if (count > maxIterations)
        throw new Error(
          `Infinite loop detected: more than ${maxIterations} microsteps without reaching a stable state.`,
        );
      let enabled: readonly ChartTransition[] = mayAlways ? this.eventless(event) : [];
      const isEventless = enabled.length > 0;
      if (!isEventless) {
        const next = this.queue.shift();
        if (next === undefined) break;
        event = next;
        enabled = enabledBy(this.snapshot, event);
      }
      this.microstep(enabled, event);
      mayAlways = !isEventless || this.hasChanged;
    }
    if (this.snapshot.status !== 'active') this.stopChildren(false);
    return this.snapshot;
  }

  private eventless(event: MachineEvent): readonly ChartTransition[] {
    const { always } = this.snapshot.configuration;
    if (always.length === 0) return always as readonly [];
    const enabled = new Set<ChartTransition>();
    for (const candidates of always) {
      const found = candidates.find(({ guard }) => guard === undefined || this.holds(guard, event));
      if (found !== undefined) enabled.add(found);
    }
    return [...enabled];
  }

  private holds(guard: unknown, event: MachineEvent): boolean {
    const { context } = this.snapshot;
    return !negation.check(this.snapshot, { context, event }, { guards: [guard] });
  }

  private microstep(enabled: readonly ChartTransition[], event: MachineEvent): void {
    this.hasChanged = false;
    if (enabled.length === 0) return;
    const { configuration, historyValue } = this.snapshot;
    this.make(this.chart.move(configuration, enabled, historyValue), event);
  }

  private make(move: Move, event: MachineEvent): void {
    for (const { exit, invoke } of move.exited) {
      this.run(exit, event);
      for (const { id } of invoke) this.stop(this.snapshot.children[id], true);
    }
    for (const { actions } of move.transitions) this.run(actions, event);
    for (const entered of move.entered) this.enter(entered, event);
    for (const { exit } of move.ended) this.run(exit, event);
    if (move.active === undefined) return;
    const snapshot = this.own();
    snapshot.moveTo(this.chart.configuration(move.active));
    if (move.remembered !== undefined)
      snapshot.historyValue = { ...snapshot.historyValue, ...move.remembered };
  }

  private enter({ node, isDefault, completion }: Entered, event: MachineEvent): void {
    const { entry, invoke, initial } = node;
    // Its actions may send to actors that it has yet to invoke.
    const later: Later | undefined =
      invoke.length === 0 ? undefined : { ids: invoke.map(({ id }) => id), retries: [] };
    this.run(entry, event, later);
    for (const one of invoke) this.spawn(one, one.onSnapshot !== undefined, event);
    if (isDefault) this.run(initial.actions, event, later);
    for (const retry of later?.retries ?? []) retry();
    if (completion !== undefined) this.complete(node, completion, event);
  }

  private complete(node: ChartNode, completion: Completion, event: MachineEvent): void {
    const { parentId, parallelIds, machineBy } = completion;
    const argsOf = (cause: MachineEvent): unknown => ({
      context: this.snapshot.context,
      event: cause,
      self: this.actor,
    });
    if (parentId !== undefined)
      this.queue.push({
        type: `xstate.done.state.${parentId}`,
        output: valueOf(node.output, argsOf(event)),
      });
    for (const id of parallelIds)
      this.queue.push({ type: `xstate.done.state.${id}`, output: undefined });
    if (machineBy === undefined) return;
    const { root } = this.chart;
    let output: unknown;
    if (root.output !== undefined) {
      const inner =
        machineBy.parent === undefined ? undefined : valueOf(machineBy.output, argsOf(event));
      const cause = { type: `xstate.done.state.${machineBy.id}`, output: inner };
      output = valueOf(root.output, argsOf(cause));
    }
    Object.assign(this.own(), { status: 'done', output });
  }

  private run(
    actions: readonly ActionConfig[],
    event: MachineEvent,
    later?: Later,
  ): void {
    for (const action of actions) {
      const params = this.paramsOf(action, event);
      const builtin = this.implementationOf(action);
      const args = this.argsOf(event);
      if (builtin === undefined || !('resolve' in builtin)) {
        this.actor.act(nameOf(action), params, undefined);
        continue;
      }
      switch (builtin.type) {
        case 'xstate.assign':
          this.assign(builtin as Assign, args, params);
          break;
        case 'xstate.spawnChild':
          this.spawn(builtin as Spawn, (builtin as Spawn).syncSnapshot === true, event);
          break;
        case 'xstate.stopChild': {
          const named = valueOf((builtin as Stop).actorRef, args, params);
          const ref = typeof named === 'string' ? this.snapshot.children[named] : named;
          this.stop(ref as RunningRef | undefined, true);
          break;
        }
        default: {
          const extra = { internalQueue: this.queue, deferredActorIds: later?.ids };
          const { scope, snapshot } = this;
          const [, resolved, more] = builtin.resolve(scope, snapshot, args, params, builtin, extra);
          if (builtin.retryResolve !== undefined)
            later?.retries.push(() => builtin.retryResolve?.(scope, this.snapshot, resolved));
          if (builtin.execute !== undefined)
            this.actor.act(builtin.type, resolved, (own) => builtin.execute?.(own, resolved));
          if (more !== undefined) this.run(more, event, later);
        }
      }
    }
  }

  private argsOf(event: MachineEvent): Args {
    const { scope, snapshot } = this;
    return { context: snapshot.context, event, self: scope.self, system: scope.system };
  }

  private implementationOf(action: ActionConfig): Builtin | undefined {
    if (typeof action === 'function') return action as unknown as Builtin;
    const { actions } = this.snapshot.machine.implementations;
    return (actions as Readonly<Record<string, unknown>>)[nameOf(action)] as Builtin | undefined;
  }

  private paramsOf(action: ActionConfig, event: MachineEvent): unknown {
    if (typeof action !== 'object' || action === null || !('params' in action)) return undefined;
    return valueOf(action.params, { context: this.snapshot.context, event });
  }

  private assign({ assignment }: Assign, args: Args, params: unknown): void {
    const spawned: Record<string, RunningRef> = {};
    const { context, event, self, system } = args;
    const spawn = this.spawner(args, spawned);
    const all = { context, event, spawn, self, system };
    let update: Record<string, unknown> = {};
    if (typeof assignment === 'function')
      update = assignment(all, params) as Record<string, unknown>;
    else
      for (const key of Object.keys(assignment)) update[key] = valueOf(assignment[key], all, params);
    const snapshot = this.own();
    snapshot.context = Object.assign({}, context, update);
    for (const _ in spawned) {
      snapshot.children = { ...snapshot.children, ...spawned };
      break;
    }
  }

  /** `spawn` in an `assign`. */
  private spawner(args: Args, spawned: Record<string, RunningRef>) {
    return (src: unknown, options: Partial<Spawn> = {}): RunningRef => {
      const { id, systemId, syncSnapshot = false } = options;
      const { context, event, self } = args;
      const input = valueOf(options.input, { context, event, self });
      const child = this.create(src, id as string | undefined, systemId, syncSnapshot, input);
      spawned[child.id] = child;
      this.scope.defer(() => child.start());
      return child;
    };
  }

  private spawn(
    { src, id: named, systemId, input: given }: Omit<Spawn, keyof Builtin>,
    syncSnapshot: boolean,
    event: MachineEvent,
  ): void {
    const { context } = this.snapshot;
    const id = valueOf(named, this.argsOf(event)) as string;
    const input = valueOf(given, { context, event, self: this.actor });
    const child = this.create(src, id, systemId, syncSnapshot, input);
    const snapshot = this.own();
    snapshot.children = { ...snapshot.children, [id]: child };
    this.actor.act('xstate.spawnChild', undefined, ({ defer }) => defer(() => child.start()));
  }

  private create(
    src: unknown,
    id: string | undefined,
    systemId: string | undefined,
    syncSnapshot: boolean,
    input: unknown,
  ): InnerActor {
    const { actors } = this.snapshot.machine.implementations;
    const logic =
      typeof src === 'string' ? (actors as Readonly<Record<string, unknown>>)[src] : src;
    if (logic === undefined)
      throw new Error(`Actor logic '${String(src)}' not implemented in machine '${this.scope.id}'`);
    const { system } = this.scope;
    const options = { id, src, parent: this.actor, system, systemId, syncSnapshot, input };
    return new InnerActor(logic as AnyActorLogic, options);
  }

  private stop(ref: RunningRef | undefined, isForgotten: boolean): void {
    if (isForgotten) {
      const snapshot = this.own();
      if (ref !== undefined) {
        const { [ref.id]: _gone, ...children } = snapshot.children;
        snapshot.children = children;
      }
    }
    this.actor.act('xstate.stopChild', undefined, (scope) => {
      if (ref === undefined) return;
      unregister(scope, ref);
      if ((ref as InnerActor).isRunning) scope.defer(() => scope.stopChild(ref));
      else scope.stopChild(ref);
    });
  }

  private stopChildren(areForgotten: boolean): void {
    for (const child of Object.values(this.snapshot.children)) this.stop(child, areForgotten);
  }

  private own(): ChartSnapshot {
    this.hasChanged = true;
    if (!this.isCopy) this.snapshot = this.snapshot.copy();
    this.isCopy = true;
    return this.snapshot;
  }
}

const nameOf = (action: ActionConfig): string => {
  if (typeof action === 'string') return action;
  if (typeof action === 'function') return action.name === '' ? '(anonymous)' : action.name;
  return String((action as { readonly type?: unknown } | null)?.type);
};

/** Eagerly, so that a new actor can have the same system id at once. */
const unregister = (scope: ActorScope, ref: RunningRef): void => {
  for (const child of Object.values(ref.getSnapshot().children ?? {}))
    if (child !== undefined) unregister(scope, child);
  scope.system._unregister(ref);
};
