// The broker's error numbers as Pawl's codes.
import { PawlError, type ErrorCode } from '@pawl/core';

/** An error as the JetStream API writes it. */
export interface ApiError {
  readonly code?: number;
  readonly err_code?: number;
  readonly description?: string;
}

/** JetStream error numbers that have a meaning here. */
export const API_CODE = {
  clusterUnavailable: 10_008,
  clusterNoLeader: 10_009,
  consumerNotFound: 10_014,
  insufficientResources: 10_023,
  noMessage: 10_037,
  notEnabledForAccount: 10_039,
  messageTooLarge: 10_054,
  streamNameInUse: 10_058,
  streamNotFound: 10_059,
  wrongLastSequence: 10_071,
  notEnabled: 10_076,
  streamOffline: 10_118,
  consumerOffline: 10_119,
  consumerExists: 10_148,
  duplicateInProcess: 10_158,
  wrongLastSequenceUnknown: 10_164,
} as const;

/** Was a compare-and-set lost? One node says 10071, three say 10164. */
export const isConflict = (code: number | undefined): boolean =>
  code === API_CODE.wrongLastSequence || code === API_CODE.wrongLastSequenceUnknown;

const codeOf = (error: ApiError): ErrorCode => {
  if (isConflict(error.err_code)) return 'sequence-conflict';
  if (error.err_code === API_CODE.notEnabled || error.err_code === API_CODE.notEnabledForAccount)
    return 'jetstream-off';
  const isTooLarge =
    error.err_code === API_CODE.messageTooLarge ||
    error.description?.includes('message size exceeds') === true;
  return isTooLarge ? 'payload-too-large' : 'broker-refused';
};

/** An API error as PawlError; `details.apiCode` is the broker's number. */
export const brokerError = (what: string, error: ApiError): PawlError => {
  const apiCode = error.err_code ?? error.code ?? 0;
  return new PawlError(
    codeOf(error),
    `${what}: the broker says "${error.description ?? 'no reason'}" (${apiCode}).`,
    { details: { apiCode } },
  );
};

/** The broker's number in an error made by `brokerError`. */
export const apiCodeOf = (error: unknown): number | undefined =>
  error instanceof PawlError && typeof error.details['apiCode'] === 'number'
    ? error.details['apiCode']
    : undefined;

/** Nobody listens on a subject of JetStream. */
export const noResponders = (subject: string): PawlError => {
  const isApi = subject.startsWith('$JS.');
  return new PawlError(
    isApi ? 'jetstream-off' : 'broker-refused',
    isApi
      ? `Nobody answers ${subject}: JetStream is off for this account, or has no leader yet.`
      : `No stream takes ${subject}: provision the topology first, with the same prefix.`,
    { details: { subject } },
  );
};

const LEADERLESS: ReadonlySet<number> = new Set([
  API_CODE.clusterUnavailable,
  API_CODE.clusterNoLeader,
  API_CODE.streamOffline,
  API_CODE.consumerOffline,
]);

/**
 * Is this what a cluster says, or how it is silent, while it elects a leader? A stream without one
 * answers like none at all, and a request that it would have answered has an unknown outcome.
 */
export const hasNoLeader = ({ code, details }: PawlError): boolean => {
  if (code === 'broker-refused') {
    const { apiCode, subject } = details;
    return typeof apiCode === 'number' ? LEADERLESS.has(apiCode) : subject !== undefined;
  }
  return code === 'jetstream-off' || code === 'outcome-unknown' || code === 'no-connection';
};

/** Anything thrown as an Error. */
export const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
