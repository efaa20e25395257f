// The same machine as a live XState actor, with a clock and tasks that the walk controls.
import { createActor, fromPromise } from 'xstate';
import type { AnyActorLogic, AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import type { ConstructCounter } from './constructs.ts';

/** What an actor does to the world, in order: live and folded must agree on it. */
export type Happening = readonly [what: string, ...details: unknown[]];

interface LiveTimer {
  readonly dueAt: number;
  readonly fire: () => void;
}

interface LiveTask {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

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
  readonly tasks: Map<string, LiveTask> = new Map();
  readonly timers: Map<number, LiveTimer> = new Map();
  private readonly actor: AnyActorRef;
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
    const task = this.tasks.get(path);
    this.tasks.delete(path);
    if ('error' in end) task?.reject(end.error);
    else task?.resolve(end.output);
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

  private arm(fire: () => void, delayMs: number): number {
    const id = this.nextTimer;
    this.nextTimer += 1;
    const dueAt = this.now + delayMs;
    this.timers.set(id, { dueAt, fire });
    this.happenings.push(['arm', dueAt]);
    return id;
  }

  private disarm(id: number): void {
    const timer = this.timers.get(id);
    if (timer === undefined) return;
    this.timers.delete(id);
    this.happenings.push(['disarm', timer.dueAt]);
  }

  private task(): AnyActorLogic {
    return fromPromise(({ input, self, signal }) => {
      const path = pathOf(self);
      this.happenings.push(['command', path, input]);
      return new Promise((resolve, reject) => {
        const task = { resolve, reject };
        this.tasks.set(path, task);
        signal.addEventListener('abort', () => {
          this.happenings.push(['cancel', path]);
          if (this.tasks.get(path) === task) this.tasks.delete(path);
        });
      });
    }) as AnyActorLogic;
  }

  private inspect(event: InspectionEvent, counter: ConstructCounter): void {
    counter.inspect(event);
    const ref = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') {
      const src = (ref as { readonly src?: unknown }).src;
      if (src !== 'task' && src !== 'counter')
        ref.on('*', (emitted: unknown) => void this.happenings.push(['emit', emitted]));
    }
    if (event.type === '@xstate.action' && event.action.type === 'xstate.log')
      this.happenings.push(['log', (event.action.params as { readonly value: unknown }).value]);
  }
}
