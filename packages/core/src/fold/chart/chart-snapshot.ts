// The snapshot of a statechart inside a durable actor: what XState's snapshots show to a machine.
import { matchesState, type AnyStateMachine, type StateValue } from 'xstate';
import type { MachineEvent, RunningRef, RunningSnapshot } from '../actor-ref.ts';
import type { History } from './chart-move.ts';
import type { ChartNode, ChartTransition } from './chart-nodes.ts';
import type { Configuration } from './chart.ts';

/** The transitions that an event enables; XState selects them. */
export const enabledBy = (
  snapshot: ChartSnapshot,
  event: MachineEvent,
): readonly ChartTransition[] =>
  snapshot.machine.getTransitionData(
    snapshot as never,
    event,
  ) as unknown as readonly ChartTransition[];

/** A snapshot. A step changes only copies. */
export class ChartSnapshot implements RunningSnapshot {
  status: RunningSnapshot['status'] = 'active';
  output: unknown = undefined;
  error: unknown = undefined;
  readonly machine: AnyStateMachine;
  context: unknown;
  _nodes: ChartNode[];
  value: unknown;
  tags: ReadonlySet<string>;
  children: Readonly<Record<string, RunningRef | undefined>>;
  historyValue: History;
  /** The same active states as a table. */
  configuration: Configuration;

  constructor(
    machine: AnyStateMachine,
    configuration: Configuration,
    context: unknown,
    children: Readonly<Record<string, RunningRef | undefined>> = {},
    historyValue: History = {},
  ) {
    this.machine = machine;
    this.configuration = configuration;
    this._nodes = configuration.nodes as ChartNode[];
    this.value = configuration.value;
    this.tags = configuration.tags;
    this.context = context;
    this.children = children;
    this.historyValue = historyValue;
  }

  /** A copy that may be changed. */
  copy(): ChartSnapshot {
    const { machine, configuration, context, children, historyValue } = this;
    const copy = new ChartSnapshot(machine, configuration, context, children, historyValue);
    copy.status = this.status;
    copy.output = this.output;
    copy.error = this.error;
    return copy;
  }

  /** The machine is in other states. */
  moveTo(configuration: Configuration): void {
    this.configuration = configuration;
    this._nodes = configuration.nodes as ChartNode[];
    this.value = configuration.value;
    this.tags = configuration.tags;
  }

  matches(value: StateValue): boolean {
    return matchesState(value, this.value as StateValue);
  }

  hasTag(tag: string): boolean {
    return this.tags.has(tag);
  }

  takes(event: MachineEvent): boolean {
    return enabledBy(this, event).length > 0;
  }

  can(event: MachineEvent): boolean {
    return enabledBy(this, event).some(
      ({ target, actions }) => target !== undefined || actions.length > 0,
    );
  }

  getMeta(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      this._nodes.flatMap(({ id, meta }) => (meta === undefined ? [] : [[id, meta]])),
    );
  }
}
