// Counts in how many steps each construct of a statechart was at work, as live XState reports it.
import type { InspectionEvent } from 'xstate';

/** Constructs that live XState and the fold share. */
export const CONSTRUCTS = [
  'invoke command',
  'invoke machine',
  'invoke fromTransition',
  'onDone',
  'onError',
  'onSnapshot',
  'after',
  'always',
  'guard',
  'reenter',
  'parallel',
  'nested states',
  'state onDone',
  'history shallow',
  'history deep',
  'raise',
  'delayed raise',
  'sendTo child',
  'sendTo parent',
  'delayed sendTo',
  'cancel',
  'spawnChild',
  'spawn in assign',
  'stopChild',
  'emit',
  'log',
  'enqueueActions',
  'nested machine',
  'machine in a machine',
  'child done',
  'child error',
  'overdue timers',
] as const;

/** One of them. */
export type Construct = (typeof CONSTRUCTS)[number];

interface Ref {
  readonly id: string;
  readonly src?: unknown;
  readonly _parent?: Ref;
}

interface Node {
  readonly type: string;
  readonly history?: string | false;
  readonly parent?: Node;
}

interface Transition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly reenter?: boolean;
  readonly target?: readonly Node[];
}

const depthOf = (ref: Ref): number => (ref._parent === undefined ? 0 : 1 + depthOf(ref._parent));

/** Notes the constructs of each step. */
export class ConstructCounter {
  readonly counts: Map<Construct, number> = new Map();
  private readonly inStep = new Set<Construct>();
  /** Actors that appeared without an action: `spawn` in an assign leaves none. */
  private readonly withoutAction = new Set<unknown>();

  /** A step has ended. */
  endStep(): void {
    if (this.withoutAction.size > 0) this.note('spawn in assign');
    this.withoutAction.clear();
    for (const construct of this.inStep)
      this.counts.set(construct, (this.counts.get(construct) ?? 0) + 1);
    this.inStep.clear();
  }

  /** Adds the counts of another. */
  add(other: ConstructCounter): void {
    for (const [construct, count] of other.counts)
      this.counts.set(construct, (this.counts.get(construct) ?? 0) + count);
  }

  /** A construct is at work in this step. */
  note(construct: Construct): void {
    this.inStep.add(construct);
  }

  /** What live XState reports. */
  inspect(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') {
      if ((event.actorRef as unknown as Ref).id.startsWith('s'))
        this.withoutAction.add(event.actorRef);
    } else if (event.type === '@xstate.action')
      this.action(event.action.type, event.action.params, event.actorRef as unknown as Ref);
    else if (event.type === '@xstate.microstep') {
      const { _transitions, snapshot, actorRef, event: cause } = event;
      this.microstep(
        _transitions as unknown as readonly Transition[],
        snapshot as unknown as { readonly _nodes?: readonly Node[] },
        depthOf(actorRef as unknown as Ref),
        cause.type,
      );
    }
  }

  private action(type: string, params: unknown, ref: Ref): void {
    const fields = (params ?? {}) as Readonly<Record<string, unknown>>;
    const { delay, id, src, to, sendId } = fields;
    switch (type) {
      case 'xstate.spawnChild': {
        this.withoutAction.delete(fields['actorRef']);
        const isInvoke = String(id).startsWith('i');
        if (!isInvoke) this.note('spawnChild');
        else if (src === 'task') this.note('invoke command');
        else this.note(src === 'counter' ? 'invoke fromTransition' : 'invoke machine');
        break;
      }
      case 'xstate.stopChild':
        if (String((params as Ref | undefined)?.id).startsWith('s')) this.note('stopChild');
        break;
      case 'xstate.raise':
        if (delay === undefined) this.note('raise');
        else if (!String(id).startsWith('xstate.after.')) this.note('delayed raise');
        break;
      case 'xstate.cancel':
        if (!String(sendId).startsWith('xstate.after.')) this.note('cancel');
        break;
      case 'xstate.sendTo':
        if (delay !== undefined) this.note('delayed sendTo');
        if (to !== undefined && to === ref._parent) this.note('sendTo parent');
        else if (to !== ref) this.note('sendTo child');
        break;
      case 'xstate.emit': {
        const { event } = fields as { event: { type: string } };
        this.note('emit');
        if (event.type.startsWith('enqueued.')) this.note('enqueueActions');
        break;
      }
      case 'xstate.log':
        this.note('log');
        break;
      default:
    }
  }

  private microstep(
    transitions: readonly Transition[],
    { _nodes = [] }: { readonly _nodes?: readonly Node[] },
    depth: number,
    cause: string,
  ): void {
    if (transitions.length === 0) return;
    if (depth > 0) this.note('nested machine');
    if (depth > 1) this.note('machine in a machine');
    if (_nodes.some(({ type }) => type === 'parallel')) this.note('parallel');
    if (_nodes.some(({ parent }) => parent?.parent?.parent !== undefined))
      this.note('nested states');
    for (const { eventType, guard, reenter, target = [] } of transitions) {
      if (guard !== undefined) this.note('guard');
      if (reenter === true) this.note('reenter');
      if (eventType === '') this.note('always');
      for (const { type, history } of target)
        if (type === 'history') this.note(history === 'deep' ? 'history deep' : 'history shallow');
    }
    const starts: readonly (readonly [string, Construct])[] = [
      ['xstate.done.actor.i', 'onDone'],
      ['xstate.error.actor.i', 'onError'],
      ['xstate.done.actor.s', 'child done'],
      ['xstate.error.actor.s', 'child error'],
      ['xstate.done.state.', 'state onDone'],
      ['xstate.snapshot.', 'onSnapshot'],
      ['xstate.after.', 'after'],
    ];
    for (const [start, construct] of starts) if (cause.startsWith(start)) this.note(construct);
  }
}
