// From running actors to the persisted snapshot: XState's own layout, checked to be plain data.
import type { PersistedSnapshot } from '../actor-state.ts';
import { PawlError } from '../errors.ts';
import {
  isActorRef,
  isMachineSnapshot,
  type RunningRef,
  type RunningSnapshot,
} from './actor-ref.ts';
import { markOf } from './actor-refs.ts';
import { thrownDataOf, writeError } from './error-data.ts';
import type { ActorSystem } from './actor-system.ts';
import { CONTEXT_DEPTH_MAX, toPlain } from '../json-data.ts';
import { isTaskLogic } from './task-logic.ts';

/** Contexts of one actor together, in characters of JSON. */
const CONTEXT_MAX = 8 * 1024 * 1024;

/** Persists one tree of actors. */
export class Persister {
  private size = 0;
  private readonly system: ActorSystem;

  constructor(system: ActorSystem) {
    this.system = system;
  }

  /** Throws `not-json-data` or `payload-too-large`. */
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
    const plain = toPlain(snapshot.context, what, {
      depthMax: CONTEXT_DEPTH_MAX,
      writeSpecial: (value) =>
        isActorRef(value)
          ? { ...markOf(value, snapshot.children, this.system) }
          : writeError(value),
    });
    this.size += plain.size;
    if (this.size > CONTEXT_MAX)
      throw new PawlError(
        'payload-too-large',
        `The ${what} is larger than 8 MiB. Keep large data elsewhere and its key in the context.`,
      );
    return plain.value;
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
    return { output: toPlain(output, `output of ${ref.id}`).value };
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
