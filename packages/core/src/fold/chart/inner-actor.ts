// An actor inside a durable actor: the machine itself, its child machines, commands, remote actors.
// It behaves as XState's Actor does, without observers, clocks and what else a fold never uses.
import type { AnyActorLogic } from 'xstate';
import type { MachineEvent, RunningRef, RunningSnapshot } from '../actor-ref.ts';
import type { ActorSystem } from '../actor-system.ts';

/** What its logic may do; the same fields as XState's. */
export interface ActorScope {
  readonly self: RunningRef;
  readonly id: string;
  readonly sessionId: string;
  readonly system: ActorSystem;
  readonly logger: () => void;
  /** Runs after the snapshot has changed. */
  defer(work: () => void): void;
  stopChild(child: RunningRef): void;
  emit(event: MachineEvent): void;
}

/** The part of actor logic that is used. */
interface Logic {
  getInitialSnapshot(scope: ActorScope, input: unknown): RunningSnapshot;
  restoreSnapshot?(persisted: unknown, scope: ActorScope): RunningSnapshot;
  start?(snapshot: RunningSnapshot, scope: ActorScope): void;
  transition(snapshot: RunningSnapshot, event: MachineEvent, scope: ActorScope): RunningSnapshot;
}

/** How an actor is made. */
export interface ActorOptions {
  readonly id: string | undefined;
  readonly parent: RunningRef;
  readonly system: ActorSystem;
  readonly src?: unknown;
  readonly systemId?: string | undefined;
  readonly syncSnapshot?: boolean | undefined;
  readonly input?: unknown;
  /** A persisted snapshot, for one that ran before. */
  readonly snapshot?: unknown;
}

const noLog = (): void => undefined;

/** A running actor. */
export class InnerActor implements RunningRef {
  path: string | undefined = undefined;
  isStopping = false;
  readonly id: string;
  readonly sessionId: string = 'pawl:session';
  readonly src: unknown;
  readonly systemId: string | undefined;
  readonly logic: AnyActorLogic;
  readonly system: ActorSystem;
  readonly _parent: RunningRef;
  readonly _syncSnapshot: boolean;
  private phase: 'new' | 'running' | 'stopped' = 'new';
  private snapshot: RunningSnapshot;
  /** Both are made when something is put in: most actors are commands that only wait. */
  private deferred: (() => void)[] | undefined;
  private mail: MachineEvent[] | undefined;
  private isOpen = false;
  private isBusy = false;
  private readonly input: unknown;
  private ownScope: ActorScope | undefined;

  constructor(logic: AnyActorLogic, options: ActorOptions) {
    this.id = options.id ?? this.sessionId;
    this.logic = logic;
    this.system = options.system;
    this._parent = options.parent;
    this.src = options.src ?? logic;
    this.systemId = options.systemId;
    this._syncSnapshot = options.syncSnapshot === true;
    this.input = options.input;
    this.system.hasAppeared(this);
    if (this.systemId !== undefined) this.system._set(this.systemId, this);
    this.snapshot = this.firstSnapshot(options.snapshot);
    if (this.systemId !== undefined && this.snapshot.status !== 'active')
      this.system._unregister(this);
  }

  /** XState tells references by it. */
  get ref(): this {
    return this;
  }

  get isRunning(): boolean {
    return this.phase === 'running';
  }

  getSnapshot(): RunningSnapshot {
    return this.snapshot;
  }

  send(event: MachineEvent): void {
    this.system._relay(undefined, this, event);
  }

  _send(event: MachineEvent): void {
    if (this.phase === 'stopped') return;
    (this.mail ??= []).push(event);
    if (this.isOpen && !this.isBusy) this.readMail(this.mail);
  }

  start(): void {
    if (this.phase !== 'new') return;
    this.phase = 'running';
    this.system.hasStarted(this);
    if (this.snapshot.status === 'done') return this.update(this.snapshot);
    if (this.snapshot.status === 'error') return this.fail(this.snapshot.error);
    try {
      this.own.start?.(this.snapshot, this.scope);
    } catch (error) {
      this.snapshot = failedSnapshot(this.snapshot, error);
      return this.fail(error);
    }
    this.update(this.snapshot);
    this.isOpen = true;
    if (this.mail !== undefined) this.readMail(this.mail);
  }

  /** Told by its parent. What it has begun goes on before. */
  _stop(): void {
    if (this.phase === 'stopped') return;
    if (this.mail !== undefined) this.mail.length = 0;
    if (this.phase === 'new') this.phase = 'stopped';
    else this._send({ type: 'xstate.stop' });
  }

  /** Runs an action now, or, in an actor that has not started, when it does. */
  act(type: string, params: unknown, work: ((scope: ActorScope) => void) | undefined): void {
    const run = (): void => {
      this.system.acted(type, params);
      work?.(this.scope);
    };
    if (this.phase === 'running') run();
    else this.defer(run);
  }

  get scope(): ActorScope {
    return (this.ownScope ??= {
      self: this,
      id: this.id,
      sessionId: this.sessionId,
      system: this.system,
      logger: noLog,
      defer: (work) => this.defer(work),
      stopChild: (child) => {
        if (child._parent !== this)
          throw new Error(
            `Cannot stop child actor ${child.id} of ${this.id} because it is not a child`,
          );
        (child as InnerActor)._stop();
      },
      emit: (event) => this.system.step?.emitted(event),
    });
  }

  /** In contexts that are written as JSON, as XState does it. */
  toJSON(): { readonly xstate$$type: 1; readonly id: string } {
    return { xstate$$type: 1, id: this.id };
  }

  private get own(): Logic {
    return this.logic as unknown as Logic;
  }

  private firstSnapshot(persisted: unknown): RunningSnapshot {
    try {
      if (persisted === undefined) return this.own.getInitialSnapshot(this.scope, this.input);
      return this.own.restoreSnapshot?.(persisted, this.scope) ?? (persisted as RunningSnapshot);
    } catch (error) {
      return { status: 'error', output: undefined, error };
    }
  }

  private defer(work: () => void): void {
    (this.deferred ??= []).push(work);
  }

  private readMail(mail: MachineEvent[]): void {
    this.isBusy = true;
    try {
      for (let event = mail.shift(); event !== undefined; event = mail.shift()) this.take(event);
    } finally {
      this.isBusy = false;
    }
  }

  private take(event: MachineEvent): void {
    let next: RunningSnapshot;
    try {
      next = this.own.transition(this.snapshot, event, this.scope);
    } catch (error) {
      this.snapshot = failedSnapshot(this.snapshot, error);
      this.fail(error);
      return;
    }
    this.update(next);
    if (event.type === 'xstate.stop') this.end();
  }

  private update(next: RunningSnapshot): void {
    this.snapshot = next;
    if (this.deferred !== undefined) this.runDeferred(this.deferred, next);
    const { status, output, error } = this.snapshot;
    if (status === 'active') {
      if (this._syncSnapshot)
        this.system._relay(this, this._parent, {
          type: `xstate.snapshot.${this.id}`,
          snapshot: next,
        });
    } else if (status === 'done') {
      this.end();
      const type = `xstate.done.actor.${this.id}`;
      this.system._relay(this, this._parent, { type, output, actorId: this.id });
    } else if (status === 'error') this.fail(error);
  }

  private runDeferred(deferred: (() => void)[], next: RunningSnapshot): void {
    // What is deferred may defer more.
    for (let index = 0; index < deferred.length; index += 1)
      try {
        deferred[index]?.();
      } catch (error) {
        deferred.length = 0;
        this.snapshot = failedSnapshot(next, error);
      }
    deferred.length = 0;
  }

  private fail(error: unknown): void {
    this.end();
    const type = `xstate.error.actor.${this.id}`;
    this.system._relay(this, this._parent, { type, error, actorId: this.id });
  }

  private end(): void {
    if (this.phase !== 'running') return;
    this.system.hasEnded(this);
    if (this.mail !== undefined) this.mail.length = 0;
    this.phase = 'stopped';
    this.system._unregister(this);
  }
}

const failedSnapshot = (snapshot: RunningSnapshot, error: unknown): RunningSnapshot =>
  Object.assign(Object.create(Object.getPrototypeOf(snapshot) as object | null), snapshot, {
    status: 'error',
    error,
  }) as RunningSnapshot;
