// One turn: a registered machine, the state before, the entry, and what is derived from them.
import type { ActorState } from '../actor-state.ts';
import { isQueueClass, type QueueClass } from '../command.ts';
import type { Effect } from '../effect.ts';
import type { Entry } from '../entry.ts';
import { errorDataOf, PawlError, type ErrorCode, type ErrorData } from '../errors.ts';
import { HEADER } from '../headers.ts';
import { addressKey } from '../names.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import type { IgnoredReason, Step } from '../step.ts';
import type { FoldRules } from './rules.ts';

/** What one call of the fold works on. */
export interface Turn {
  readonly registered: RegisteredMachine;
  readonly rules: FoldRules;
  readonly entry: Entry;
  /** The actor's clock: broker clocks can go back after a leader change. */
  readonly time: number;
}

/** A turn of an actor that has been created. */
export interface LivingTurn extends Turn {
  readonly state: ActorState;
}

/** Longest chain of events between actors. */
export const HOPS_MAX = 100;

/** `Pawl-Hops` of an entry, 0 without. Only hosts count: what a client says of hops is nothing. */
export const hopsOf = ({ kind, headers, body }: Entry): number => {
  const isFromHost = kind === 'peer' || (kind === 'create' && body['parent'] !== undefined);
  if (!isFromHost) return 0;
  const hops = Number(headers[HEADER.hops] ?? 0);
  return Number.isSafeInteger(hops) && hops > 0 ? hops : 0;
};

/** Too many hops, or undefined. */
export const hopsError = ({ entry }: Turn): PawlError | undefined =>
  hopsOf(entry) > HOPS_MAX
    ? new PawlError(
        'too-many-hops',
        `A chain of more than ${HOPS_MAX} events between actors reached ${addressKey(entry)}: ` +
          'do two actors answer each other for ever?',
      )
    : undefined;

/** `Pawl-Class` of an entry: the queue class of the operation that it begins or passes on. */
export const classOf = ({ headers }: Entry): QueueClass | undefined => {
  const name = headers[HEADER.class];
  return isQueueClass(name) ? name : undefined;
};

/** The state after an entry that changed nothing. */
export const passedOver = ({ state, entry, time }: LivingTurn): ActorState => ({
  ...state,
  sequence: entry.sequence,
  entryTime: entry.time,
  time,
});

/** Nobody was wrong, and nothing changed. */
export const ignored = (turn: LivingTurn, reason: IgnoredReason): Step => ({
  state: passedOver(turn),
  effects: [],
  outcome: { kind: 'ignored', reason },
});

/** The sender did something that this actor does not take. */
export const refused = (
  turn: LivingTurn,
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): Step => refusedBy(turn, new PawlError(code, message, { details }));

/** The same for an error that was thrown. */
export const refusedBy = (turn: LivingTurn, error: unknown): Step => ({
  state: passedOver(turn),
  effects: [],
  outcome: { kind: 'refused', error: errorDataOf(error) },
});

/** The entry is for an actor that has not been created. */
export const unborn = (error: PawlError): Step => ({
  state: undefined,
  effects: [],
  outcome: { kind: 'refused', error: errorDataOf(error) },
});

/**
 * The runtime cannot go on: the last good snapshot and the pending table stay. The parent is told
 * under `toldAt`, which must not be the sequence of anything that it may have been told before.
 */
export const faulted = (turn: LivingTurn, error: ErrorData, toldAt?: number): Step => {
  const { state, entry, time } = turn;
  const { parent } = state;
  const notice: Effect[] =
    parent === undefined
      ? []
      : [
          {
            kind: 'peer',
            to: { type: parent.type, id: parent.id },
            sequence: toldAt ?? entry.sequence,
            n: 0,
            event: {
              type: 'pawl.child-failed',
              path: parent.path,
              generation: parent.generation,
              error: {
                code: 'actor-faulted',
                message: `${addressKey(state)} faulted: ${error.message}`,
                details: { cause: error },
              },
            },
            hops: hopsOf(entry) + 1,
          },
        ];
  return {
    state: {
      ...passedOver(turn),
      status: 'faulted',
      fault: { sequence: entry.sequence, time, error },
    },
    effects: notice,
    outcome: { kind: 'faulted', error },
  };
};
