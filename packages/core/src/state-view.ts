// What a reader of an actor's state gets: in answers, to questions, in lists and notices.
import type { ActorState, Fault, PendingCommand } from './actor-state.ts';
import type { Effect } from './effect.ts';
import type { ErrorData } from './errors.ts';
import type { EntryKind } from './entry.ts';
import type { ActorAddress } from './names.ts';
import type { StepOutcome } from './step.ts';

/** Something an actor waits for, as shown. */
export interface WaitingFor {
  /** A permit is here also while it is held. */
  readonly what: 'command' | 'timer' | 'child' | 'permit';
  /** Path of the invoke, or key of the timer. */
  readonly name: string;
  readonly generation: string;
  readonly since: number;
  /** Deadline of a command, due time of a timer, ms. */
  readonly until?: number;
  readonly status?: PendingCommand['status'] | 'waiting' | 'held';
  readonly task?: string;
  readonly service?: string;
  readonly class?: string;
  readonly attempt?: number;
  readonly lastError?: ErrorData;
  readonly child?: ActorAddress;
  /** Of a permit: all its scopes. */
  readonly scopes?: readonly string[];
  /** Of a permit: those that are held. */
  readonly held?: readonly string[];
  /** Of a permit that waits: who stands before it. */
  readonly behind?: ActorAddress;
}

/** An actor's whole state as data. JSON on the wire (`schemas/state-view.json`). */
export interface StateView extends ActorAddress {
  readonly version: string;
  /** Sequence of the create that began this incarnation. */
  readonly bornAt?: number;
  readonly sequence: number;
  readonly time: number;
  readonly since: number;
  readonly status: ActorState['status'];
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly context: Readonly<Record<string, unknown>>;
  readonly output?: unknown;
  readonly fault?: Fault;
  readonly waitingFor: readonly WaitingFor[];
  /** Event types that the current state has transitions for. */
  readonly accepts: readonly string[];
  readonly parked?: ErrorData;
}

/** Body of `pawl.state.<type>.<id>`: a step changed the actor. */
export interface StateNotice {
  readonly sequence: number;
  readonly time: number;
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly status: ActorState['status'];
}

/**
 * Body of an answer: what became of the entry that asked for one. A state that is too large for a
 * message is left out; after an applied or ignored entry `error` then says so.
 */
export type Answer = {
  readonly sequence: number;
} & (
  | { readonly outcome: 'applied'; readonly state?: StateView; readonly error?: ErrorData }
  | {
      readonly outcome: 'ignored';
      readonly reason: string;
      readonly state?: StateView;
      readonly error?: ErrorData;
    }
  | { readonly outcome: 'refused'; readonly error: ErrorData; readonly state?: StateView }
  | { readonly outcome: 'faulted'; readonly error: ErrorData; readonly state?: StateView }
);

/** A line of a list. */
export interface ActorSummary extends ActorAddress {
  readonly sequence: number;
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly status: ActorState['status'];
  readonly since: number;
  readonly version: string;
  readonly parked?: string;
}

/** One entry of a history: what happened and what it did. */
export interface HistoryEntry {
  readonly sequence: number;
  readonly time: number;
  readonly kind: EntryKind;
  /** Who claims to have sent it: `Pawl-By`, the service of a reply, the sender of a peer event. */
  readonly by?: string;
  /** Type of the event, or a word for what the entry is: `create`, `create-volume done`. */
  readonly event: string;
  readonly body?: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly outcome: StepOutcome;
  readonly effects: readonly Effect[];
}

/** An entry as it stands in the journal, unfolded. */
export interface JournalLine {
  readonly sequence: number;
  /** As in the subject: `event`, `reply-storage`. */
  readonly kind: string;
  /** Absent when it cannot be read. */
  readonly body?: unknown;
}

/** A permit of a limit, or a request for one. */
export interface PermitView {
  readonly holder: ActorAddress;
  /** Path of the holder's invoke. */
  readonly path: string;
  readonly generation: string;
  /** Journal sequence of the request: the order of the queue. */
  readonly sequence: number;
  /** Asked for since, ms. */
  readonly since: number;
  /** Held since, ms; absent while it waits. */
  readonly heldSince?: number;
  /** Shares the place of a parent: sequence of the request that took it. */
  readonly within?: number;
}

/** Requests of a limit, a page of them, with what the limit is. */
export interface PermitPage {
  readonly scope: string;
  readonly capacity: number;
  /** Capacity by the last request. */
  readonly declared: number;
  /** Capacity by an operator. */
  readonly ordered?: number;
  /** Places taken. */
  readonly held: number;
  readonly waiting: number;
  /** By sequence. */
  readonly permits: readonly PermitView[];
  /** Go on after this sequence; absent at the end. */
  readonly next?: number;
}

/** Body of a question on `pawl.query.<type>.<id>`. */
export type Question =
  /** `atLeast`: a journal sequence that the answer must cover; without it, the journal's head. */
  | { readonly ask: 'state'; readonly atLeast?: number }
  | { readonly ask: 'history'; readonly from?: number; readonly limit?: number }
  /** The entry at a sequence as it stands in the journal. */
  | { readonly ask: 'entry'; readonly sequence: number }
  /** What became of the entry at a sequence: the answer that its sender may have missed. */
  | { readonly ask: 'answer'; readonly sequence: number }
  /** Limits only: who holds and who waits, those after a sequence. */
  | { readonly ask: 'permits'; readonly after?: number; readonly limit?: number };

/** Body of the reply to a question. */
export type QuestionReply =
  | { readonly state: StateView }
  /** `next` is the sequence to go on from; absent at the end. */
  | { readonly history: readonly HistoryEntry[]; readonly next?: number }
  /** Null: the actor's journal has none there. */
  | { readonly entry: JournalLine | null }
  | { readonly answer: Answer }
  | { readonly permits: PermitPage }
  | { readonly error: ErrorData };

/** Body of a question on `pawl.list.<type>.<partition>`. */
export interface ListQuestion {
  /** State name: matches a value `ok`, or any branch of a nested value (`alive.ok`). */
  readonly state?: string;
  readonly tag?: string;
  /** Id after which the page starts. */
  readonly after?: string;
  readonly limit?: number;
}

/** Body of the reply to a list question: one page of one partition, by id. */
export type ListReply =
  | { readonly actors: readonly ActorSummary[]; readonly next?: string }
  | { readonly error: ErrorData };
