// Every error that Pawl raises or answers: one class, stable codes, one table that says what each
// means.
import { hasBrand, setBrand } from './brand.ts';

/** What a code means: can the same call work later, and what a reader should do. */
export interface ErrorMeaning {
  readonly retryable: boolean;
  readonly meaning: string;
}

/** The same call fails again until something is changed. */
const PERMANENT = {
  'invalid-id': 'an actor id may only have A-Z, a-z, 0-9, _ and -, 1 to 128 of them',
  'invalid-type': 'an actor type is a lower-case letter, then a-z, 0-9 and -',
  'invalid-name': 'a service, task or client name may only have A-Z, a-z, 0-9, _ and -',
  'invalid-body': 'a body is one MessagePack map or one JSON object',
  'invalid-entry': 'the body does not have the fields that its kind of entry needs',
  'invalid-slots': 'the slots of a worker make no sense: the message says why',
  'unknown-class': 'a queue class is regular, heavy or background',
  'forbidden-key': 'the key __proto__ is refused everywhere',
  'not-json-data': 'only JSON data survives encoding: no Date, Map, function, undefined',
  'payload-too-large': 'the message is larger than the broker or the actor takes',
  'unknown-kind': 'the entry kind is none of those that Pawl has',
  'forged-timer': 'a timer entry did not come from the timer stream',
  'unknown-type': 'no host has registered this actor type',
  'unknown-event': 'the machine has no such event',
  'invalid-event': 'the event does not match its schema',
  'invalid-input': 'the input does not match its schema',
  'no-such-actor': 'the actor has not been created',
  'actor-exists': 'the actor has been created before',
  'actor-ended': 'the actor has reached its final state',
  'actor-faulted': 'the actor cannot go on until an operator mends it',
  'event-refused': 'the current state has no transition for this event',
  'actor-unlinked': 'an operator ended the actor without undoing what it stands for',
  'no-such-letter': 'there is no dead letter of this id',
  'no-such-queue': 'there is no queue of this class and service',
  'not-pending': 'the actor does not wait for the command, child or timer that was named',
  'invalid-state': 'the machine has no such state',
  'too-many-hops': 'a chain of events between actors is longer than 100',
  'machine-invalid': 'the machine failed the registration check',
  'nested-permit': 'a permit is taken where another may be held, which can end in a deadlock',
  'invalid-scope':
    'a scope is segments of A-Z, a-z, 0-9, _ and - joined by /, at most 256 characters',
  'invalid-capacity': 'the capacity of a limit is a whole number from 1 on',
  'unknown-scope': 'nobody has asked for a permit of this scope',
  'order-refused': 'this type of actor does not take the order',
  'machine-changed': 'same type and version as registered, but another digest',
  'reserved-type': 'the actor types job, limit and schedule are built in',
  'type-claimed': 'another service owns this actor type',
  'type-served': 'a host that is alive serves this actor type',
  'type-in-use': 'actors of this type have not ended',
  'side-effect': 'a custom action is a side effect, which a fold cannot repeat',
  nondeterministic: 'the same step gave two results',
  'step-failed': 'a guard, action or input threw while the step was folded',
  'runaway-step': 'the step did not settle within maxIterations',
  'invalid-output': 'the output of the task does not match its schema',
  'task-missing': 'no worker of the service has this task',
  'deadline-exceeded': 'the command had no result by its deadline',
  'host-crashed': 'the entry ended or blocked each host that folded it',
  'worker-crashed': 'the command ended its worker each time it ran',
  cancelled: 'the actor left the state that needed the command',
  'not-a-job': 'the contract does not say job: true',
  'schedule-invalid': 'the schedule can never work as declared',
  'schedule-claimed': 'another service declares a schedule of this name differently',
  'no-such-schedule': 'nobody has declared a schedule of this name',
  'server-too-old': 'nats-server is older than 2.15',
  'jetstream-off': 'JetStream is not enabled for this account',
  'not-authorized': 'wrong credentials, or no permission for the subject',
  'wrong-client': 'the connection was not made by connect() of pawl',
  'topology-mismatch': 'a stream or consumer differs in a way that would lose something',
  'outbox-missing': 'the database has no outbox, or one of another version',
  unhealthy: 'pawl doctor found something broken',
  closed: 'the client, host or worker has been closed',
} as const;

/** The same call may work later. */
const PASSING = {
  'actor-parked': 'entries of the actor wait until it is unparked',
  'version-missing': 'no running host has this version of the machine',
  'task-failed': 'the task threw; the cause is in the message',
  'task-timeout': 'one attempt took longer than timeoutMs',
  'sequence-conflict': 'another entry was appended first',
  'outcome-unknown': 'the broker did not answer: stored or not, nobody knows yet',
  'no-connection': 'there is no connection to nats-server',
  'no-server': 'no nats-server answers at this address',
  'broker-refused': 'the broker refused the request; its words are in the message',
  'no-answer': 'no host answered in time',
  'wait-timeout': 'the awaited state was not reached in time',
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof PERMANENT | keyof typeof PASSING;

const meanings = (
  codes: Readonly<Record<string, string>>,
  retryable: boolean,
): [string, ErrorMeaning][] =>
  Object.entries(codes).map(([code, meaning]) => [code, { retryable, meaning }]);

/** The one table of error codes. Codes are part of the wire and never change their meaning. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorMeaning>> = Object.fromEntries([
  ...meanings(PERMANENT, false),
  ...meanings(PASSING, true),
]) as Record<ErrorCode, ErrorMeaning>;

/** Is this string one of Pawl's codes? */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

const BRAND = Symbol.for('pawl.PawlError');

/**
 * An error with a stable code. The message names the offender and the way out. `instanceof` knows
 * those of another copy of this package, too.
 */
export class PawlError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // What extends this class inherits the question, and is a class of its own.
    return this === PawlError
      ? hasBrand(value, BRAND)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  override readonly name: string = 'PawlError';
  readonly code: ErrorCode;
  /** Structured facts about the failure: JSON data. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Can the same call work later without a change? */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
setBrand(PawlError.prototype, BRAND);

/** An error as data: what travels in replies, answers and states. */
export interface ErrorData {
  /** A Pawl code, or the code that the user's task chose. */
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Turns anything thrown into data. */
export const errorDataOf = (thrown: unknown, code: string = 'task-failed'): ErrorData => {
  if (thrown instanceof PawlError) {
    const { message, details } = thrown;
    const hasDetails = Object.keys(details).length > 0;
    return {
      code: thrown.code,
      message,
      retryable: thrown.retryable,
      ...(hasDetails && { details }),
    };
  }
  return { code, message: thrown instanceof Error ? thrown.message : String(thrown) };
};
