// The system in which the actors of one durable actor run: XState's hooks, turned into calls of a
// step.
import { Dictionary } from '../dictionary.ts';
import { PawlError } from '../errors.ts';
import type { ActorAddress } from '../names.ts';
import type { Permit } from '../permit.ts';
import { addressOf } from '../remote.ts';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import type { FoldedContract } from './contract.ts';

/** A delayed event, as XState asks for it. */
export interface DelayedEvent {
  /** Path of the machine that asked. */
  readonly source: string;
  readonly target: RunningRef | undefined;
  readonly address: ActorAddress | undefined;
  readonly event: MachineEvent;
  readonly delay: number;
  readonly id: string | undefined;
}

/** What a step does when its actors ask for something. */
export interface StepHooks {
  /** Journal time of the entry that is folded, ms. */
  readonly time: number;
  /** An event goes from one actor to another inside; throws when there are too many. */
  relayed(): void;
  /** An action runs; throws when it is not one of XState's own. */
  acted(type: string, params: unknown): void;
  /** `previous` runs under the same path; it was told to stop if `isStopping`. */
  started(path: string, ref: RunningRef, previous?: RunningRef, isStopping?: boolean): void;
  ended(path: string, ref: RunningRef): void;
  schedule(request: DelayedEvent): void;
  cancel(source: string, id: string): void;
  sendToAddress(address: ActorAddress, event: MachineEvent): void;
  /** `sendParent` of the root machine. */
  sendToParent(event: MachineEvent): void;
  emitted(event: MachineEvent): void;
  startCommand(path: string, ref: RunningRef, contract: FoldedContract, input: unknown): void;
  startPermit(path: string, ref: RunningRef, permit: Permit, input: unknown): void;
  /** Without a fixed type, the input names it. */
  startRemote(path: string, ref: RunningRef, fixed: string | undefined, input: unknown): void;
}

/**
 * One system for each running form. Outside a step (`step` is undefined: while a snapshot is
 * restored) nothing is relayed, started or scheduled.
 */
export class ActorSystem {
  step: StepHooks | undefined;
  /** Actors that run, by path; '' is the root. */
  readonly running: Dictionary<RunningRef> = new Dictionary<RunningRef>();
  /** Stands above the root, so that the root uses this system. */
  readonly rootParent: RunningRef;

  // From here on: the members that XState reads.
  readonly scheduler = {
    schedule: (
      source: RunningRef,
      target: RunningRef | undefined,
      event: MachineEvent,
      delay: number,
      id?: string,
    ): void =>
      this.ifRunning(source, (path) => {
        this.step?.schedule({ source: path, target, address: addressOf(target), event, delay, id });
      }),
    cancel: (source: RunningRef, id: string): void =>
      this.ifRunning(source, (path) => this.step?.cancel(path, id)),
  };

  private readonly keyed = new Map<string, RunningRef>();
  /** Actors that started in this step and do not count. */
  private readonly uncounted: RunningRef[] = [];

  constructor() {
    const parent = { id: '', system: this, sessionId: 'parent', getSnapshot: () => undefined };
    this.rootParent = parent as unknown as RunningRef; // Only its system is ever read.
  }

  /** Path of an actor: '' for the root, else the ids from below the root down. */
  pathOf(ref: RunningRef): string {
    const known = ref.path;
    if (known !== undefined) return known;
    const parent = ref._parent;
    let path = '';
    if (parent !== undefined && parent !== this.rootParent) {
      const above = this.pathOf(parent);
      path = above === '' ? ref.id : `${above}/${ref.id}`;
    }
    ref.path = path;
    return path;
  }

  /** Gives a stand-in the path of the actor for which it stands. */
  placeAt(path: string, ref: RunningRef): void {
    ref.path = path;
  }

  _unregister(ref: RunningRef): void {
    // XState calls it as soon as an actor is told to stop, which may be before it can.
    ref.isStopping = true;
    const { systemId } = ref;
    if (systemId !== undefined && this.keyed.get(systemId) === ref) this.keyed.delete(systemId);
  }

  _set(systemId: string, ref: RunningRef): void {
    const other = this.keyed.get(systemId);
    if (other !== undefined && other !== ref)
      throw new PawlError('step-failed', `Another actor has the system id ${systemId}.`);
    this.keyed.set(systemId, ref);
  }

  get(systemId: string): RunningRef | undefined {
    return this.keyed.get(systemId);
  }

  getAll(): Readonly<Record<string, RunningRef>> {
    // A restored system knows its actors in another order.
    return Object.fromEntries([...this.keyed].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Restoring also makes actors that never ran; their system ids were given back. */
  forgetUnstarted(): void {
    for (const [systemId, ref] of this.keyed)
      if (this.running.get(this.pathOf(ref)) !== ref) this.keyed.delete(systemId);
  }

  inspect(): { unsubscribe(): void } {
    throw new PawlError('side-effect', 'A fold cannot be inspected from inside the machine.');
  }

  /** An action is about to run. */
  acted(type: string, params: unknown): void {
    this.step?.acted(type, params);
  }

  _relay(source: RunningRef | undefined, target: RunningRef, event: MachineEvent): void {
    if (this.step === undefined) return;
    this.step.relayed();
    if (target === this.rootParent) {
      const isEnd = source !== undefined && source.getSnapshot().status !== 'active';
      if (!isEnd) this.step.sendToParent(event);
      return;
    }
    const address = addressOf(target);
    if (address !== undefined) this.step.sendToAddress(address, event);
    else target._send(event);
  }

  /**
   * A replaced actor may still be busy, and so may those that it starts: nothing that they ask for
   * counts.
   */
  ifRunning(ref: RunningRef, then: (path: string) => void): void {
    if (this.counts(ref)) then(this.pathOf(ref));
  }

  /** An actor that runs at the end of a step, and that its machine has lost. */
  findStray(): RunningRef | undefined {
    return [...this.running.values(), ...this.uncounted].find(
      (ref) => ref._parent !== this.rootParent && !this.isOver(ref) && !this.isChild(ref),
    );
  }

  /** Has it ended, or one above it, whose actors nothing stops when it failed? */
  private isOver(ref: RunningRef): boolean {
    if (ref.isStopping === true) return true;
    return ref._parent !== undefined && this.isOver(ref._parent);
  }

  private isChild(ref: RunningRef): boolean {
    return ref._parent?.getSnapshot().children?.[ref.id] === ref;
  }

  /** Is this actor, and each one above it, the one that runs under its path? */
  private counts(ref: RunningRef | undefined): boolean {
    if (ref === undefined || ref === this.rootParent) return true;
    return this.running.get(this.pathOf(ref)) === ref && this.counts(ref._parent);
  }

  /** An actor was made. */
  hasAppeared(ref: RunningRef): void {
    if (this.step !== undefined && ref._parent !== this.rootParent && typeof ref.src !== 'string')
      throw new PawlError(
        'side-effect',
        `The actor ${JSON.stringify(ref.id)} is spawned from inline logic, which no snapshot can ` +
          'hold. Name it in setup({ actors }) and spawn it by that name.',
      );
  }

  /** An actor starts. */
  hasStarted(ref: RunningRef): void {
    const path = this.pathOf(ref);
    const previous = this.running.get(path);
    // Its machine has ended, or has had another actor under its id since it was made.
    const isReplaced = previous !== undefined && !this.isChild(ref);
    if (this.step !== undefined && (isReplaced || !this.counts(ref._parent))) {
      this.uncounted.push(ref);
      return;
    }
    const isStopping = previous?.isStopping === true;
    this.step?.started(path, ref, previous, isStopping);
    this.running.set(path, ref);
  }

  /** An actor has ended. */
  hasEnded(ref: RunningRef): void {
    const path = this.pathOf(ref);
    if (this.running.get(path) !== ref) return; // Replaced while it was busy: its end has been noted.
    this.running.delete(path);
    this.step?.ended(path, ref);
  }
}

/** The system of a scope or reference that runs in the fold. */
export const systemOf = (holder: { readonly system: unknown }): ActorSystem =>
  holder.system as ActorSystem;
