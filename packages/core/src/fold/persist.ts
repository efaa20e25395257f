// From running actors to the persisted snapshot: XState's own layout, checked to be plain data.
import type { PersistedSnapshot } from '../actor-state.ts';
import { PawlError } from '../errors.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey, type ActorAddress } from '../names.ts';
import {
  isActorRef,
  isMachineSnapshot,
  type RunningRef,
  type RunningSnapshot,
} from './actor-ref.ts';
import { markOf } from './actor-refs.ts';
import { thrownDataOf, writeError } from './error-data.ts';
import type { ActorSystem } from './actor-system.ts';
import { CONTEXT_DEPTH_MAX, toPlain, type PlainOptions } from '../json-data.ts';
import { isTaskLogic } from './task-logic.ts';

/** Persists one tree of actors. */
export class Persister {
  private size = 0;
  private readonly system: ActorSystem;
  private readonly address: ActorAddress;
  private readonly contextMax: number;

  constructor(
    system: ActorSystem,
    address: ActorAddress,
    { contextMax }: Pick<RegisteredMachine, 'contextMax'>,
  ) {
    this.system = system;
    this.address = address;
    this.contextMax = contextMax;
  }

  /** Throws `not-json-data`, or `payload-too-large` for what does not fit into `contextMax`. */
  persist(ref: RunningRef): PersistedSnapshot {
    const snapshot = ref.getSnapshot();
    const context = this.context(ref, snapshot);
    const history = snapshot.historyValue ?? {};
    return {
      status: snapshot.status,
      value: snapshot.value,
      context: context as Readonly<Record<string, unknown>>,
      historyValue: Object.fromEntries(
        Object.entries(history).map(([id, nodes]) => [id, nodes.map((node) => ({ id: node.id }))]),
      ),
      children: this.children(snapshot),
      ...this.nodeOrder(snapshot),
      ...this.end(ref, snapshot),
    };
  }

  private context(ref: RunningRef, snapshot: RunningSnapshot): unknown {
    const path = this.system.pathOf(ref);
    const what = path === '' ? 'context' : `context of ${path}`;
    return this.counted(snapshot.context, what, {
      depthMax: CONTEXT_DEPTH_MAX,
      writeSpecial: (value) =>
        isActorRef(value)
          ? { ...markOf(value, snapshot.children, this.system) }
          : writeError(value),
    });
  }

  private counted(value: unknown, what: string, options?: PlainOptions): unknown {
    const { value: plain, size } = toPlain(value, what, options);
    this.size += size;
    if (this.size <= this.contextMax) return plain;
    throw new PawlError(
      'payload-too-large',
      `${addressKey(this.address)} would grow to more than ${this.contextMax} characters of JSON, ` +
        'its contexts and outputs together. Keep large data elsewhere and its key in the context, ' +
        'or raise it: meta: { pawl: { contextMax } } in the next version of the machine.',
      { details: { contextMax: this.contextMax } },
    );
  }

  private children(snapshot: RunningSnapshot): Readonly<Record<string, unknown>> {
    const persisted: Record<string, unknown> = {};
    for (const [id, child] of Object.entries(snapshot.children ?? {})) {
      if (child === undefined) continue;
      persisted[id] = {
        snapshot: this.child(child),
        src: child.src,
        ...(child._syncSnapshot === true && { syncSnapshot: true }),
        ...(child.systemId !== undefined && { systemId: child.systemId }),
      };
    }
    return persisted;
  }

  private child(ref: RunningRef): unknown {
    const snapshot = ref.getSnapshot();
    if (isMachineSnapshot(snapshot)) return this.persist(ref);
    const { status } = snapshot;
    const end = this.end(ref, snapshot);
    if (isTaskLogic(ref.logic)) {
      const { input } = snapshot as { input?: unknown };
      const keeps = ref.logic.keepsInput && status === 'active';
      return { status, ...(keeps && { input: toPlain(input, 'input').value }), ...end };
    }
    return { status, context: this.context(ref, snapshot), ...end };
  }

  private end(
    ref: RunningRef,
    { output, error }: RunningSnapshot,
  ): { readonly output?: unknown; readonly error?: unknown } {
    if (error !== undefined) return { error: thrownDataOf(error) };
    if (output === undefined) return {};
    return { output: this.counted(output, `output of ${ref.id}`) };
  }

  /** Regions act in the order in which they were entered last; restoring gives document order. */
  private nodeOrder({ _nodes: nodes = [] }: RunningSnapshot): { readonly nodes?: string[] } {
    if (!nodes.some(({ type }) => type === 'parallel')) return {};
    const isInOrder = nodes.every(
      ({ order }, index) => index === 0 || order > (nodes[index - 1]?.order ?? -1),
    );
    return isInOrder ? {} : { nodes: nodes.map(({ id }) => id) };
  }
}
