// The actions of one macrostep: assign, spawn and stop are done here, on one copy of the snapshot;
// what only computes (raise, sendTo, emit, log, cancel, enqueueActions) is resolved by XState.
import type { AnyActorLogic } from 'xstate';
import type { MachineEvent, RunningRef } from '../actor-ref.ts';
import type { ActionConfig, InvokeNode } from './chart-nodes.ts';
import type { ChartSnapshot } from './chart-snapshot.ts';
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

type Assignment = Expression | Readonly<Record<string, unknown>>;

interface Spawn {
  readonly id?: unknown;
  readonly src: unknown;
  readonly systemId?: string | undefined;
  readonly syncSnapshot?: boolean;
  readonly input?: unknown;
}

/** What waits until a state has made its actors: an entry action may send to one. */
export interface Later {
  readonly ids: readonly string[];
  readonly retries: (() => void)[];
}

/** The value of an expression, or a value as it stands. */
export const valueOf = (value: unknown, ...args: unknown[]): unknown =>
  typeof value === 'function' ? (value as (...args: unknown[]) => unknown)(...args) : value;

/** Runs the actions of one macrostep of one actor. */
export class ChartActions {
  /** The snapshot so far. */
  snapshot: ChartSnapshot;
  /** Events that the machine raised for itself. */
  readonly queue: MachineEvent[] = [];
  /** Has the snapshot changed? Whoever asks sets it back. */
  hasChanged = false;
  private isCopy: boolean;
  private readonly actor: InnerActor;
  private readonly scope: ActorScope;

  constructor(snapshot: ChartSnapshot, scope: ActorScope, isNew: boolean) {
    this.snapshot = snapshot;
    this.scope = scope;
    this.actor = scope.self as InnerActor;
    this.isCopy = isNew;
  }

  /** The snapshot to change. */
  own(): ChartSnapshot {
    this.hasChanged = true;
    if (!this.isCopy) this.snapshot = this.snapshot.copy();
    this.isCopy = true;
    return this.snapshot;
  }

  /** Runs actions in their order. */
  run(actions: readonly ActionConfig[], event: MachineEvent, later?: Later): void {
    for (const action of actions) {
      const params = this.paramsOf(action, event);
      const builtin = this.implementationOf(action);
      if (builtin === undefined || !('resolve' in builtin))
        this.actor.act(nameOf(action), params, undefined);
      else this.runBuiltin(builtin, params, event, later);
    }
  }

  private runBuiltin(
    builtin: Builtin,
    params: unknown,
    event: MachineEvent,
    later: Later | undefined,
  ): void {
    const args = this.argsOf(event);
    switch (builtin.type) {
      case 'xstate.assign':
        return this.assign(
          (builtin as unknown as { assignment: Assignment }).assignment,
          args,
          params,
        );
      case 'xstate.spawnChild': {
        const spawn = builtin as unknown as Spawn;
        return this.spawn(spawn, spawn.syncSnapshot === true, event);
      }
      case 'xstate.stopChild': {
        const named = valueOf((builtin as unknown as { actorRef: unknown }).actorRef, args, params);
        return this.stop(
          typeof named === 'string' ? this.snapshot.children[named] : (named as RunningRef),
        );
      }
      default:
        return this.resolve(builtin, args, params, event, later);
    }
  }

  private resolve(
    builtin: Builtin,
    args: Args,
    params: unknown,
    event: MachineEvent,
    later: Later | undefined,
  ): void {
    const { scope, snapshot, queue } = this;
    const extra = { internalQueue: queue, deferredActorIds: later?.ids };
    const [, resolved, more] = builtin.resolve(scope, snapshot, args, params, builtin, extra);
    if (builtin.retryResolve !== undefined)
      later?.retries.push(() => builtin.retryResolve?.(scope, this.snapshot, resolved));
    if (builtin.execute !== undefined)
      this.actor.act(builtin.type, resolved, (own) => builtin.execute?.(own, resolved));
    if (more !== undefined) this.run(more, event, later);
  }

  /** Assigns to the context. */
  assign(assignment: Assignment, args: Args, params: unknown): void {
    const spawned: Record<string, RunningRef> = {};
    const { context, event, self, system } = args;
    const all = { context, event, spawn: this.spawner(args, spawned), self, system };
    let update: Record<string, unknown> = {};
    if (typeof assignment === 'function')
      update = assignment(all, params) as Record<string, unknown>;
    else
      for (const key of Object.keys(assignment))
        update[key] = valueOf(assignment[key], all, params);
    const snapshot = this.own();
    snapshot.context = Object.assign({}, context, update);
    if (Object.keys(spawned).length > 0) snapshot.children = { ...snapshot.children, ...spawned };
  }

  /** `spawn` in an `assign`. */
  private spawner(args: Args, spawned: Record<string, RunningRef>) {
    return (src: unknown, options: Omit<Spawn, 'src'> = {}): RunningRef => {
      const { id, systemId, syncSnapshot = false } = options;
      const { context, event, self } = args;
      const input = valueOf(options.input, { context, event, self });
      const child = this.create(src, id as string | undefined, systemId, syncSnapshot, input);
      spawned[child.id] = child;
      this.scope.defer(() => child.start());
      return child;
    };
  }

  /** Makes a child: an invoke, or the action `spawnChild`. */
  spawn(spawn: Spawn | InvokeNode, syncSnapshot: boolean, event: MachineEvent): void {
    const { context } = this.snapshot;
    const id = valueOf(spawn.id, this.argsOf(event)) as string;
    const input = valueOf(spawn.input, { context, event, self: this.actor });
    const child = this.create(spawn.src, id, spawn.systemId, syncSnapshot, input);
    const snapshot = this.own();
    snapshot.children = { ...snapshot.children, [id]: child };
    this.actor.act('xstate.spawnChild', undefined, (scope) => scope.defer(() => child.start()));
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

  /** Stops a child, which then is none any more. */
  stop(ref: RunningRef | undefined): void {
    const snapshot = this.own();
    if (ref !== undefined) {
      const { [ref.id]: _gone, ...children } = snapshot.children;
      snapshot.children = children;
    }
    this.tellToStop(ref);
  }

  /** Stops all children. They stay in the snapshot of a machine that is done. */
  stopChildren({ areKept }: { readonly areKept: boolean }): void {
    for (const child of Object.values(this.snapshot.children))
      if (areKept) this.tellToStop(child);
      else this.stop(child);
  }

  private tellToStop(ref: RunningRef | undefined): void {
    this.actor.act('xstate.stopChild', undefined, (scope) => {
      if (ref === undefined) return;
      unregister(scope, ref);
      // What it was sent before still arrives. One that has not started never does.
      if ((ref as InnerActor).isRunning) scope.defer(() => scope.stopChild(ref));
      else scope.stopChild(ref);
    });
  }

  /** What expressions are called with. */
  argsOf(event: MachineEvent): Args {
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
