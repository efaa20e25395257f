// What all parts of a running step share: effects, pending changes, generations and the first
// failure.
import type { Effect } from '../effect.ts';
import type { ParentLink } from '../entry.ts';
import type { QueueClass } from '../command.ts';
import { createGeneration } from '../generation.ts';
import type { ActorAddress } from '../names.ts';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import type { Descendant } from './command-effect.ts';
import { Changing, PendingChanges } from './pending-changes.ts';
import { toPlain } from '../json-data.ts';
import { writeError } from './error-data.ts';
import type { Turn } from './turn.ts';
import type { RunningActor } from './running-actor.ts';
import type { PendingTable } from '../actor-state.ts';

/** What a step begins with. */
export interface StepStart {
  readonly pending: PendingTable;
  readonly incarnations: Readonly<Record<string, string>>;
  readonly parent: ParentLink | undefined;
  /** Queue class of the operation that caused the step. */
  readonly class: QueueClass | undefined;
  /** Peer hops of what caused the step. */
  readonly hops: number;
}

/** The shared part of a step. */
export class StepCore {
  readonly turn: Turn;
  readonly actors: RunningActor;
  readonly start: StepStart;
  readonly address: ActorAddress;
  /** The actor and where it comes from. */
  readonly self: Descendant;
  readonly effects: Effect[] = [];
  readonly pending: PendingChanges;
  readonly incarnations: Changing<string>;
  /** Hops of commands, peer events and creates that follow. */
  hops: number;
  /** Queue class of the operation that they belong to. */
  class: QueueClass | undefined;
  /** The first thing that makes the step impossible; an `onError` cannot swallow it. */
  failure: { readonly error: unknown } | undefined;
  /** Did any action run? */
  hasActed = false;
  private peers = 0;
  private emits = 0;
  private repeats: Map<string, number> | undefined;
  private planned: Map<RunningRef, string> | undefined;

  constructor(turn: Turn, actors: RunningActor, start: StepStart) {
    const { type, id } = turn.entry;
    this.turn = turn;
    this.actors = actors;
    this.start = start;
    this.address = { type, id };
    this.self = { type, id, parent: start.parent };
    this.pending = new PendingChanges(start.pending);
    this.incarnations = new Changing(start.incarnations);
    this.hops = start.hops;
    this.class = start.class;
  }

  /** Notes the failure and throws it. */
  fail(error: Error): never {
    this.failure ??= { error };
    throw error;
  }

  /** Position *n* counts per key, so that a mended machine shifts no other's ids. */
  generation(key: string, content: string = ''): string {
    const { entry } = this.turn;
    this.repeats ??= new Map<string, number>();
    const n = this.repeats.get(key) ?? 0;
    this.repeats.set(key, n + 1);
    return createGeneration({
      sequence: entry.sequence,
      n,
      key,
      entryTime: entry.time,
      content,
    });
  }

  /**
   * The incarnation of an actor inside. One that does not run gets one that comes true when it
   * starts
   * later in this step, and never when it has ended.
   */
  incarnationOf(path: string, ref: RunningRef): string {
    const current = this.incarnations.get(path);
    if (current !== undefined && this.actors.system.running.get(path) === ref) return current;
    this.planned ??= new Map<RunningRef, string>();
    const planned = this.planned.get(ref) ?? this.generation(path);
    this.planned.set(ref, planned);
    return planned;
  }

  /** An event for another durable actor. */
  peer(to: ActorAddress, event: MachineEvent): void {
    this.effects.push({
      kind: 'peer',
      to: { type: to.type, id: to.id },
      sequence: this.turn.entry.sequence,
      n: this.peers,
      event: this.plainEvent(event),
      ...(this.class !== undefined && { class: this.class }),
      hops: this.hops + 1,
    });
    this.peers += 1;
  }

  /** A word to a limit. It has no hops: whoever waits goes on where it stood when it asked. */
  signal(to: ActorAddress, event: MachineEvent): void {
    const { sequence } = this.turn.entry;
    this.effects.push({ kind: 'peer', to, sequence, n: this.peers, event, hops: 0 });
    this.peers += 1;
  }

  /** An integration event. */
  emit(event: MachineEvent): void {
    const { type, id } = this.address;
    this.effects.push({
      kind: 'emit',
      id: `${type}/${id}/emit@${this.turn.entry.sequence}-${this.emits}`,
      event: this.plainEvent(event),
    });
    this.emits += 1;
  }

  /** An event as plain data; throws and fails the step when it is none. */
  plainEvent(event: MachineEvent): MachineEvent {
    return this.plain(event, `event ${event.type}`) as MachineEvent;
  }

  /** Plain data; throws and fails the step when the value is none. */
  plain(value: unknown, what: string): unknown {
    try {
      return toPlain(value, what, { writeSpecial: writeError }).value;
    } catch (error) {
      return this.fail(error as Error);
    }
  }
}
