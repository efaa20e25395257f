// What a client throws: one class per situation that a caller handles in its own way.
import { addressKey, isErrorCode, PawlError } from '@pawl/core';
import type { ActorAddress, ErrorCode, ErrorData } from '@pawl/core';
import type { ActorSnapshot } from './actor-snapshot.ts';

/** A code off the wire, or `fallback` when this client does not know it. */
export const knownCode = (code: string, fallback: ErrorCode): ErrorCode =>
  isErrorCode(code) ? code : fallback;

/** The error data of an answer as an error. */
export const errorOfData = (error: ErrorData, fallback: ErrorCode = 'broker-refused'): PawlError =>
  new PawlError(knownCode(error.code, fallback), error.message, {
    ...(error.details !== undefined && { details: error.details }),
  });

/**
 * The actor did not take the event: its state has no transition for it (`event-refused`), it has
 * ended (`actor-ended`), it does not exist (`no-such-actor`), or the event is wrong
 * (`unknown-event`, `invalid-event`). Nothing changed.
 */
export class EventRefusedError extends PawlError {
  override readonly name: string = 'EventRefusedError';
  /** The state that refused, if there is an actor. */
  readonly state: ActorSnapshot | undefined;
  /** Event types that the state takes. */
  readonly accepts: readonly string[];

  constructor(error: ErrorData, state: ActorSnapshot | undefined) {
    const { details } = error;
    super(knownCode(error.code, 'event-refused'), error.message, {
      ...(details !== undefined && { details }),
    });
    this.state = state;
    this.accepts = state?.accepts ?? [];
  }
}

/** The actor cannot go on until an operator mends it. The event is in its journal. */
export class ActorFaultedError extends PawlError {
  override readonly name: string = 'ActorFaultedError';
  readonly state: ActorSnapshot | undefined;
  /** What the runtime could not do. */
  readonly error: ErrorData;

  constructor(actor: ActorAddress, error: ErrorData, state: ActorSnapshot | undefined) {
    super('actor-faulted', `${addressKey(actor)} is faulted: ${error.message}`, {
      details: { cause: error },
    });
    this.error = error;
    this.state = state;
  }
}

/** An actor of this address exists already. */
export class ActorExistsError extends PawlError {
  override readonly name: string = 'ActorExistsError';

  constructor(actor: ActorAddress) {
    super(
      'actor-exists',
      `${addressKey(actor)} has been created before. Choose another id, or create it with ` +
        "{ ifExists: 'return' }.",
    );
  }
}

/**
 * No answer came in time. With a `sequence` the entry is in the journal and will be folded; without
 * one nobody knows whether it was stored: send it again with the same id.
 */
export class OutcomeUnknownError extends PawlError {
  override readonly name: string = 'OutcomeUnknownError';
  readonly sequence: number | undefined;
  /** The id to send it again with: it takes effect once. */
  readonly id: string;

  constructor(actor: ActorAddress, id: string, sequence: number | undefined, why: string) {
    const stored =
      sequence === undefined
        ? `Whether it was stored is not known: send it again with the id ${id}.`
        : `It is in the journal at ${sequence} and will be folded.`;
    super('outcome-unknown', `No answer from ${addressKey(actor)}: ${why} ${stored}`, {
      details: sequence === undefined ? { id } : { id, sequence },
    });
    this.sequence = sequence;
    this.id = id;
  }
}

/** The awaited state was not reached in time. */
export class WaitTimeoutError extends PawlError {
  override readonly name: string = 'WaitTimeoutError';
  /** The last state seen. */
  readonly state: ActorSnapshot | undefined;

  constructor(actor: ActorAddress, timeoutMs: number, state: ActorSnapshot | undefined) {
    const seen =
      state === undefined
        ? 'no state of it was seen'
        : `its state is ${JSON.stringify(state.value)}`;
    super(
      'wait-timeout',
      `${addressKey(actor)} did not reach the awaited state within ${timeoutMs} ms; ${seen}.`,
    );
    this.state = state;
  }
}

/** A command run with `client.run` ended in a failure. */
export class CommandFailedError extends PawlError {
  override readonly name: string = 'CommandFailedError';
  /** The failure with the code that the task chose. */
  readonly error: ErrorData;

  constructor(command: string, actor: ActorAddress, error: ErrorData) {
    super(
      knownCode(error.code, 'task-failed'),
      `${command} failed (${addressKey(actor)}): ${error.message}`,
      { details: { error } },
    );
    this.error = error;
  }
}
