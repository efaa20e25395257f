// What a machine can read of itself: a step from memory and one from bytes must read the same.
import type { AnyActorRef } from 'xstate';
import type { WalkContext } from './random-actions.ts';

/** Names and texts of an error, as a guard could ask for them. */
const errorSeen = (error: unknown): unknown => {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, code, message } = error as Readonly<Record<string, unknown>>;
  const says = [name, code, message].map(String);
  const hasOwnText = Object.hasOwn(error, 'toString');
  return [error instanceof Error, ...says, hasOwnText, Object.keys(error)];
};

const snapshotSeen = (ref: AnyActorRef): unknown => {
  const snapshot = ref.getSnapshot() as Readonly<Record<string, unknown>>;
  const { status, input, output, error, children = {} } = snapshot;
  return {
    keys: Object.keys(snapshot).filter((key) => key !== 'configuration'),
    status,
    input: JSON.stringify(input) ?? 'none',
    output: JSON.stringify(output) ?? 'none',
    error: errorSeen(error),
    children: childrenSeen(children as Readonly<Record<string, AnyActorRef>>),
  };
};

const childrenSeen = (children: Readonly<Record<string, AnyActorRef | undefined>>): unknown[] =>
  Object.entries(children).map(([id, ref]) => [id, ref === undefined ? null : snapshotSeen(ref)]);

/** All that can be read in an action, as data. */
export const probe = ({ context, self }: { context: WalkContext; self: AnyActorRef }): unknown => {
  const { kept, again, ref } = context;
  const { children = {} } = (self.getSnapshot() ?? {}) as {
    readonly children?: Readonly<Record<string, AnyActorRef>>;
  };
  return {
    isOneObject: kept === again,
    characters: typeof kept === 'string' ? Array.from(kept, (one) => one.codePointAt(0) ?? 0) : [],
    keys: Object.keys(context),
    ref: ref === undefined ? null : [ref.id, (ref.getSnapshot() as { status: string }).status],
    children: childrenSeen(children),
  };
};
