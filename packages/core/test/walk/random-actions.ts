// Random actions of statecharts: each leaves a trace, so that their order can be compared.
import {
  assign,
  cancel,
  emit,
  enqueueActions,
  fromTransition,
  log,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stopChild,
} from 'xstate';
import type { AnyActorLogic, AnyActorRef } from 'xstate';
import type { Random } from './random.ts';
import { NO_NUMBER } from './random-values.ts';

/** Context of every random machine: a count and a trace of what ran, in order. */
export interface WalkContext {
  readonly n: number;
  readonly trace: readonly string[];
  /** One `always` per event from outside: else two machines could wake each other for ever. */
  readonly isAwake: boolean;
  /** One replacement of a busy child per event from outside, for the same reason. */
  readonly maySwap: boolean;
  /** It has not left its first macrostep. */
  readonly isNew: boolean;
  readonly ref?: AnyActorRef;
  /** Data of an event, in two places. */
  readonly kept?: unknown;
  readonly again?: unknown;
}

/** Events that a walk sends to the root. */
export const EVENTS: readonly string[] = ['E0', 'E1', 'E2', 'E3', 'E4'];
/** Raised inside a machine. */
export const RAISED: readonly string[] = ['R0', 'R1'];
/** Sent by a child to its parent. */
export const FROM_CHILD: readonly string[] = ['P0', 'P1'];
/** Raised or sent with a delay. */
export const DELAYED: readonly string[] = ['D0', 'D1'];
const TRACE_MAX = 12;

/** JSON fields. */
export type Json = Record<string, unknown>;
/** An action as a config has it. */
export type Action = unknown;

/** Notes that something ran. */
export const mark = (label: string): Action =>
  assign(({ context }: { context: WalkContext }) => ({
    n: context.n + 1,
    trace: [...context.trace.slice(1 - TRACE_MAX), label],
  }));

/** Notes the payload of the event, too: what arrives matters, not only that it does. */
export const markEvent = (label: string): Action =>
  assign(({ context, event }: { context: WalkContext; event: Json }) => {
    const { output, error, value, snapshot } = event;
    const inner = snapshot as { context?: { n?: number } | number } | undefined;
    const seen = JSON.stringify(
      output ??
        (error as { message?: string } | undefined)?.message ??
        value ??
        inner?.context ??
        null,
    );
    return {
      n: context.n + 1,
      trace: [...context.trace.slice(1 - TRACE_MAX), `${label}:${seen.slice(0, 40)}`],
      isAwake: context.isAwake || label.startsWith('on'),
      maySwap: context.maySwap || label.startsWith('on'),
    };
  });

/** A pure function as an actor. */
export const counter: AnyActorLogic = fromTransition(
  (state: { total: number }, event: { type: string }, { emit: tell }) => {
    if (event.type !== 'ADD') return state;
    tell({ type: 'counted', total: state.total });
    return { total: state.total + 1 };
  },
  ({ input }: { input: { n?: number } | undefined }) => ({ total: input?.n ?? 0 }),
) as AnyActorLogic;

/** What a machine may do: only children send to a parent, only fragile ones throw. */
export type Role = 'root' | 'child' | 'fragile';

/** Makes the actions of one machine. */
export class ActionMaker {
  /** Places that spawn so far. */
  spawns = 0;
  private labels = 0;
  private readonly random: Random;
  private readonly kids: readonly string[];
  private readonly role: Role;

  constructor(random: Random, kids: readonly string[], role: Role) {
    this.random = random;
    this.kids = kids;
    this.role = role;
  }

  /** A name that no other place of the machine has. */
  label(kind: string): string {
    this.labels += 1;
    return `${kind}${this.labels}`;
  }

  /** Up to three things that a state or transition does. */
  actions(kind: string): Action[] {
    const count = this.random.below(this.role === 'root' ? 3 : 2);
    const actions: Action[] = this.random.chance(0.7) ? [mark(this.label(kind))] : ['namedMark'];
    for (let index = 0; index < count; index += 1) actions.push(...this.action());
    return actions;
  }

  /** One random action, with what it needs to be unambiguous in live XState. */
  private action(): Action[] {
    const { random } = this;
    const label = this.label('x');
    const spawned = `s${random.below(this.spawns + 1)}`;
    const source = random.pick(['task', 'counter', ...this.kids]);
    const childEvent = { type: random.pick([...EVENTS, 'ADD', 'THROW']), value: label };
    const delayed = { type: random.pick(DELAYED), value: label };
    const delay = 5 + random.below(200);
    const input = ({ context }: { context: WalkContext }): Json => ({ n: context.n });
    const childOf = ({ self, context }: Sender): AnyActorRef | undefined =>
      (self.getSnapshot() as WithChildren | undefined)?.children?.[spawned] ?? context.ref;
    // Without a child the machine sends itself something that only leaves a trace: no endless loop.
    const toChild = (sender: Sender): AnyActorRef => childOf(sender) ?? sender.self;
    const forChild = (sender: Sender): Json =>
      childOf(sender) === undefined ? delayed : childEvent;
    const simple: (() => Action[])[] = [
      () => [raise({ type: random.pick(RAISED), value: label } as never)],
      () => [cancel(label), raise(delayed, { id: label, delay })],
      () => [cancel('shared'), raise(delayed, { id: 'shared', delay })],
      () => [raise(delayed, { delay })],
      () => [
        emit(({ event }: { event: Json }) => ({
          type: `emitted.${label}`,
          value: event['value'] ?? null,
        })),
      ],
      () => [
        assign(({ event }: { event: Json }) => ({
          kept: event['value'] ?? null,
          again: event['value'] ?? null,
        })),
      ],
      () => [
        // NaN for a text that is no number, as prices have it.
        emit(({ event }: { event: Json }) => ({
          type: `price.${label}`,
          value: event['value'] === NO_NUMBER ? Number(event['value']) : 1,
        })),
      ],
      () => [log(({ context }: { context: WalkContext }) => context.n, label)],
      () => [cancel(random.pick(['x1', 'x2', 'x3', 'x4', 'x5', 'x6']))],
      () => [
        enqueueActions((({ enqueue, check, context }: Enqueue) => {
          enqueue(mark(`${label}-enqueued`));
          if (check('isEven')) enqueue.raise({ type: 'R0', value: label });
          if (context.n % 3 === 0) enqueue.emit({ type: `enqueued.${label}` });
        }) as never),
      ],
    ];
    const withChildren: (() => Action[])[] = [
      () => {
        const id = random.chance(0.4) ? spawned : this.spawnId();
        return [stopChild(id), spawnChild(source, { id, input })];
      },
      () => [stopChild(spawned)],
      // By a reference that may be an old one: live XState then loses the actor that has its id.
      () =>
        random.chance(0.5)
          ? [stopChild((({ context }: Sender) => context.ref ?? 'none') as never)]
          : [stopChild(spawned)],
      () => {
        const id = this.spawnId();
        const ref = ({ spawn, context }: Spawner): AnyActorRef =>
          spawn(source, { id, input: { n: context.n } });
        return [stopChild(id), assign({ ref })];
      },
      () => [sendTo(toChild, forChild as never)],
      () => [cancel(label), sendTo(toChild as never, forChild as never, { id: label, delay })],
    ];
    const parent = (): Action[] => [
      sendParent({ type: random.pick(FROM_CHILD), value: label } as never),
    ];
    const laterParent = (): Action[] => [
      cancel(label),
      sendParent({ type: random.pick(FROM_CHILD), value: label } as never, { id: label, delay }),
    ];
    switch (this.role) {
      case 'root':
        return random.pick([...simple, ...withChildren])();
      case 'child':
        return random.pick([...simple, ...withChildren, parent, laterParent])();
      case 'fragile':
        return random.pick([...simple, parent, laterParent])();
    }
  }

  /** An id that no place has yet. */
  private spawnId(): string {
    this.spawns += 1;
    return `s${this.spawns - 1}`;
  }
}

interface Spawner {
  readonly spawn: (source: string, options: Json) => AnyActorRef;
  readonly context: WalkContext;
}

/** A snapshot, as far as actions look at it. */
interface WithChildren {
  readonly children?: Readonly<Record<string, AnyActorRef | undefined>>;
}

interface Sender {
  readonly self: AnyActorRef;
  readonly context: WalkContext;
}

interface Enqueue {
  readonly enqueue: ((action: Action) => void) & {
    raise(event: Json): void;
    emit(event: Json): void;
  };
  readonly check: (guard: string) => boolean;
  readonly context: WalkContext;
}
