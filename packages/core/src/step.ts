// A step: what one journal entry did to one actor.
import type { ActorState } from './actor-state.ts';
import type { Effect } from './effect.ts';
import type { ErrorData } from './errors.ts';

/** Why an entry changed nothing although nobody was wrong. */
export type IgnoredReason =
  | 'stale-reply'
  | 'stale-timer'
  | 'repeated-peer-event'
  | 'unknown-sender'
  | 'already-born'
  | 'nothing-to-do';

/** What became of the entry. */
export type StepOutcome =
  | { readonly kind: 'applied' }
  /** A late repeat: harmless, shown in the history. */
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason }
  /** The sender did something that this actor does not take. Nothing changed. */
  | { readonly kind: 'refused'; readonly error: ErrorData }
  /** The runtime cannot go on with this actor: see `state.fault`. */
  | { readonly kind: 'faulted'; readonly error: ErrorData };

/** The result of folding one entry. */
export interface Step {
  /** Undefined only while the actor has not been created. Its `sequence` is always the entry's. */
  readonly state: ActorState | undefined;
  readonly effects: readonly Effect[];
  readonly outcome: StepOutcome;
}
