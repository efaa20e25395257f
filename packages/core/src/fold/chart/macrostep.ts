// One event of a statechart until it rests again: XState's macrostep, with the moves from tables.
// Guards and the choice of transitions are XState's own.
import { not } from 'xstate';
import type { MachineEvent } from '../actor-ref.ts';
import { ChartActions, valueOf, type Later } from './chart-actions.ts';
import type { Completion, Entered, Move } from './chart-move.ts';
import type { ChartNode, ChartTransition } from './chart-nodes.ts';
import { enabledBy, type ChartSnapshot } from './chart-snapshot.ts';
import type { Chart } from './chart.ts';
import type { ActorScope } from './inner-actor.ts';

interface GuardCheck {
  check(snapshot: unknown, args: unknown, guard: { readonly guards: readonly unknown[] }): boolean;
}

/** XState evaluates guards only inside another one. */
const negation = not(() => true) as unknown as GuardCheck;

const holds = (guard: unknown, snapshot: ChartSnapshot, event: MachineEvent): boolean => {
  const { context } = snapshot;
  return !negation.check(snapshot, { context, event }, { guards: [guard] });
};

/** `always` transitions that are enabled: the innermost of each active state. */
const eventless = (snapshot: ChartSnapshot, event: MachineEvent): readonly ChartTransition[] => {
  const enabled = new Set<ChartTransition>();
  for (const candidates of snapshot.configuration.always) {
    const found = candidates.find(
      ({ guard }) => guard === undefined || holds(guard, snapshot, event),
    );
    if (found !== undefined) enabled.add(found);
  }
  return [...enabled];
};

/** One macrostep of one actor. */
export class Macrostep {
  private readonly chart: Chart;
  private readonly scope: ActorScope;
  private readonly actions: ChartActions;

  /** `isNew`: nobody else has the snapshot, so it is changed in place. */
  constructor(chart: Chart, snapshot: ChartSnapshot, scope: ActorScope, isNew: boolean) {
    this.chart = chart;
    this.scope = scope;
    this.actions = new ChartActions(snapshot, scope, isNew);
  }

  /** Enters the machine. */
  begin(event: MachineEvent, context: unknown): ChartSnapshot {
    const { actions } = this;
    if (typeof context === 'function') {
      const make = (args: unknown): unknown => {
        const { spawn, self } = args as { readonly spawn: unknown; readonly self: unknown };
        return valueOf(context, { spawn, input: event['input'], self });
      };
      actions.assign(make, actions.argsOf(event), undefined);
    }
    this.make(this.chart.first(), event);
    return this.settle(event);
  }

  /** Takes an event; returns the same snapshot when nothing came of it. */
  take(event: MachineEvent): ChartSnapshot {
    const { actions } = this;
    if (event.type === 'xstate.stop') return this.end({ status: 'stopped' });
    const enabled = enabledBy(actions.snapshot, event);
    if (enabled.length === 0 && event.type.startsWith('xstate.error.actor'))
      return this.end({ status: 'error', error: event['error'] });
    this.microstep(enabled, event);
    return this.settle(event);
  }

  private end(changes: Partial<ChartSnapshot>): ChartSnapshot {
    this.actions.stopChildren({ areKept: false });
    return Object.assign(this.actions.own(), changes);
  }

  private settle(first: MachineEvent): ChartSnapshot {
    const { actions } = this;
    let event = first;
    let mayAlways = true;
    const { maxIterations } = actions.snapshot.machine.options as {
      readonly maxIterations: number;
    };
    for (let count = 1; actions.snapshot.status === 'active'; count += 1) {
      if (count > maxIterations)
        throw new Error(
          `Infinite loop detected: more than ${maxIterations} microsteps in one step.`,
        );
      let enabled: readonly ChartTransition[] = mayAlways ? eventless(actions.snapshot, event) : [];
      const isEventless = enabled.length > 0;
      if (!isEventless) {
        const next = actions.queue.shift();
        if (next === undefined) break;
        event = next;
        enabled = enabledBy(actions.snapshot, event);
      }
      this.microstep(enabled, event);
      mayAlways = !isEventless || actions.hasChanged;
    }
    if (actions.snapshot.status !== 'active') actions.stopChildren({ areKept: true });
    return actions.snapshot;
  }

  private microstep(enabled: readonly ChartTransition[], event: MachineEvent): void {
    this.actions.hasChanged = false;
    if (enabled.length === 0) return;
    const { configuration, historyValue } = this.actions.snapshot;
    this.make(this.chart.move(configuration, enabled, historyValue), event);
  }

  private make(move: Move, event: MachineEvent): void {
    const { actions } = this;
    for (const { exit, invoke } of move.exited) {
      actions.run(exit, event);
      for (const { id } of invoke) actions.stop(actions.snapshot.children[id]);
    }
    for (const transition of move.transitions) actions.run(transition.actions, event);
    for (const entered of move.entered) this.enter(entered, event);
    for (const { exit } of move.ended) actions.run(exit, event);
    if (move.active === undefined) return;
    const snapshot = actions.own();
    snapshot.moveTo(this.chart.configuration(move.active));
    if (move.remembered !== undefined)
      snapshot.historyValue = { ...snapshot.historyValue, ...move.remembered };
  }

  private enter({ node, isDefault, completion }: Entered, event: MachineEvent): void {
    const { actions } = this;
    const { entry, invoke, initial } = node;
    const later: Later | undefined =
      invoke.length === 0 ? undefined : { ids: invoke.map(({ id }) => id), retries: [] };
    actions.run(entry, event, later);
    for (const one of invoke) actions.spawn(one, one.onSnapshot !== undefined, event);
    if (isDefault) actions.run(initial.actions, event, later);
    for (const retry of later?.retries ?? []) retry();
    if (completion !== undefined) this.complete(node, completion, event);
  }

  private complete(node: ChartNode, completion: Completion, event: MachineEvent): void {
    const { parentId, parallelIds, machineBy } = completion;
    const { queue } = this.actions;
    if (parentId !== undefined) queue.push(doneState(parentId, this.output(node, event)));
    for (const id of parallelIds) queue.push(doneState(id, undefined));
    if (machineBy === undefined) return;
    const { root } = this.chart;
    let output: unknown;
    if (root.output !== undefined) {
      const inner = machineBy.parent === undefined ? undefined : this.output(machineBy, event);
      output = this.output(root, doneState(machineBy.id, inner));
    }
    Object.assign(this.actions.own(), { status: 'done', output });
  }

  private output(node: ChartNode, event: MachineEvent): unknown {
    const { context } = this.actions.snapshot;
    return valueOf(node.output, { context, event, self: this.scope.self });
  }
}

const doneState = (id: string, output: unknown): MachineEvent => ({
  type: `xstate.done.state.${id}`,
  output,
});
