// The same machine as a live XState actor, with a clock and tasks that the walk controls.
import { createActor, fromPromise } from 'xstate';
import type { AnyActorLogic, AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import type { ConstructCounter } from './constructs.ts';

/**
 * What an actor does to the world, in order: live and folded must agree on it. `what` is done under
 * a name that the two need not share; what is begun and ended under one name in one step came to
 * nothing.
 */
export interface Happening {
  readonly what: string;
  readonly name: unknown;
  readonly details: readonly unknown[];
}

interface LiveTimer {
  readonly dueAt: number;
  readonly fire: () => void;
}

interface LiveTask {
  readonly path: string;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** An actor of XState, with what it does not show. */
type Inside = AnyActorRef & { readonly _processingStatus: number; readonly _parent?: AnyActorRef };
const RUNNING = 1;
const STOPPED = 2;

const isChild = (ref: AnyActorRef): boolean => {
  const snapshot = ref._parent?.getSnapshot() as
    { readonly children?: Readonly<Record<string, AnyActorRef>> } | undefined;
  return snapshot?.children?.[ref.id] === ref;
};

const pathOf = (ref: AnyActorRef): string => {
  const parent = ref._parent;
  if (parent === undefined) return '';
  const above = pathOf(parent);
  return above === '' ? ref.id : `${above}/${ref.id}`;
};

/** Lets promises settle and their consequences run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A live actor under control. */
export class LiveActor {
  now = 0;
  happenings: Happening[] = [];
  /** One that is replaced at once has run under the path of its successor. */
  readonly tasks: Set<LiveTask> = new Set();
  readonly timers: Map<number, LiveTimer> = new Map();
  /** Did an actor start in this step while another one ran under its path? */
  hasReplaced = false;
  private readonly actor: AnyActorRef;
  private readonly started = new Map<string, Inside>();
  private readonly all = new Set<Inside>();
  private nextTimer = 1;

  constructor(create: (task: AnyActorLogic) => AnyStateMachine, counter: ConstructCounter) {
    const machine = create(this.task());
    this.actor = createActor(machine, {
      id: 'walker',
      input: { n: 0 },
      logger: () => undefined,
      clock: {
        setTimeout: (fire: () => void, delayMs: number) => this.arm(fire, delayMs),
        clearTimeout: (id: number) => this.disarm(id),
      },
      inspect: (event: InspectionEvent) => this.inspect(event, counter),
    } as never);
    this.actor.subscribe({ error: () => undefined });
  }

  start(): Promise<void> {
    this.actor.start();
    return settled();
  }

  send(event: { readonly type: string }): Promise<void> {
    this.actor.send(event);
    return settled();
  }

  /** Ends a running task. */
  settle(
    path: string,
    end: { readonly output: unknown } | { readonly error: unknown },
  ): Promise<void> {
    for (const task of this.tasks) {
      if (task.path !== path) continue;
      this.tasks.delete(task);
      if ('error' in end) task.reject(end.error);
      else task.resolve(end.output);
    }
    return settled();
  }

  /** Timers by due time; of two at once the one armed first. */
  sortedTimers(): { readonly id: number; readonly dueAt: number }[] {
    return [...this.timers]
      .map(([id, { dueAt }]) => ({ id, dueAt }))
      .sort((one, other) => one.dueAt - other.dueAt || one.id - other.id);
  }

  /** Fires a timer, unless something has cleared it. */
  fire(id: number): Promise<void> {
    const timer = this.timers.get(id);
    this.timers.delete(id);
    timer?.fire();
    return settled();
  }

  get status(): string {
    return (this.actor.getSnapshot() as { readonly status: string }).status;
  }

  /** The persisted snapshot and the tags. */
  persisted(): { readonly snapshot: unknown; readonly tags: readonly string[] } {
    const { tags } = this.actor.getSnapshot() as { readonly tags?: ReadonlySet<string> };
    return { snapshot: this.actor.getPersistedSnapshot(), tags: [...(tags ?? [])] };
  }

  stop(): void {
    this.actor.stop();
  }

  /** Actors that run and that their machines have lost. */
  strays(): readonly string[] {
    for (const ref of this.all) if (ref._processingStatus === STOPPED) this.all.delete(ref);
    const isLost = (ref: Inside): boolean => ref._parent !== undefined && !isChild(ref);
    return [...this.all]
      .filter((ref) => ref._processingStatus === RUNNING && isLost(ref))
      .map(pathOf);
  }

  private arm(fire: () => void, delayMs: number): number {
    const id = this.nextTimer;
    this.nextTimer += 1;
    const dueAt = this.now + delayMs;
    this.timers.set(id, { dueAt, fire });
    this.happenings.push({ what: 'arm', name: id, details: [dueAt] });
    return id;
  }

  private disarm(id: number): void {
    const timer = this.timers.get(id);
    if (timer === undefined) return;
    this.timers.delete(id);
    this.happenings.push({ what: 'disarm', name: id, details: [timer.dueAt] });
  }

  private task(): AnyActorLogic {
    return fromPromise(({ input, self, signal }) => {
      const path = pathOf(self);
      this.happenings.push({ what: 'command', name: signal, details: [path, input] });
      return new Promise((resolve, reject) => {
        const task = { path, resolve, reject };
        this.tasks.add(task);
        signal.addEventListener('abort', () => {
          this.happenings.push({ what: 'cancel', name: signal, details: [path] });
          this.tasks.delete(task);
        });
      });
    }) as AnyActorLogic;
  }

  private inspect(event: InspectionEvent, counter: ConstructCounter): void {
    counter.inspect(event);
    const ref = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') {
      const note = (emitted: unknown): void =>
        void this.happenings.push({ what: 'emit', name: undefined, details: [emitted] });
      if ((ref as { readonly src?: unknown }).src !== 'task') ref.on('*', note);
      this.all.add(ref as Inside);
    }
    if (event.type === '@xstate.event' && event.event.type === 'xstate.init') {
      const path = pathOf(ref);
      if (this.started.get(path)?._processingStatus === RUNNING) this.hasReplaced = true;
      this.started.set(path, ref as Inside);
    }
    if (event.type === '@xstate.action' && event.action.type === 'xstate.log') {
      const { value } = event.action.params as { readonly value: unknown };
      this.happenings.push({ what: 'log', name: undefined, details: [value] });
    }
  }
}
