// Can this server and account do what Pawl needs: version 2.15 and JetStream?
import { PawlError } from '@pawl/core';
import { errors, type NatsConnection } from 'nats';
import { API_CODE } from './broker-error.ts';

/** Oldest server that works: it keeps the position of sources and has schedules with time zones. */
export const SERVER_VERSION_MIN = '2.15.0';

const MINOR_MIN = 15;
const JETSTREAM_OFF: readonly number[] = [API_CODE.notEnabledForAccount, API_CODE.notEnabled];
const LEADERLESS: readonly number[] = [API_CODE.clusterUnavailable, API_CODE.clusterNoLeader];

const isTooOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < 2 || (major === 2 && minor < MINOR_MIN);
};

const explainOff = (where: string): PawlError =>
  new PawlError(
    'jetstream-off',
    `JetStream is not enabled for this account on nats-server at ${where}. ` +
      'Start the server with -js, or enable jetstream for the account.',
  );

/** Throws `server-too-old` or `jetstream-off`. `where` names the server in the message. */
export const checkServer = async (nats: NatsConnection, where: string): Promise<void> => {
  const version = nats.info?.version ?? '0.0.0';
  if (isTooOld(version))
    throw new PawlError(
      'server-too-old',
      `nats-server ${version} at ${where} is older than ${SERVER_VERSION_MIN}. Update the server.`,
      { details: { found: version, required: SERVER_VERSION_MIN } },
    );
  let answer: { readonly error?: { readonly err_code?: number; readonly description?: string } };
  try {
    answer = (await nats.request('$JS.API.INFO', '', { timeout: 5_000 })).json();
  } catch (error) {
    if (isNoResponders(error)) throw explainOff(where);
    // A role without the right to ask: what it may do shows when it does it.
    if (isPermission(error)) return;
    throw leaderless(where, error);
  }
  if (LEADERLESS.includes(answer.error?.err_code ?? 0))
    throw leaderless(where, answer.error?.description);
  if (answer.error && JETSTREAM_OFF.includes(answer.error.err_code ?? 0)) throw explainOff(where);
};

const leaderless = (where: string, cause: unknown): PawlError =>
  new PawlError(
    'broker-refused',
    `JetStream of nats-server at ${where} does not answer (${String(cause)}): a cluster answers ` +
      'once it has elected a leader. See that a majority of its servers runs, then try again.',
    { details: { subject: '$JS.API.INFO' }, cause },
  );

const isNoResponders = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders());

const isPermission = (error: unknown): boolean =>
  error instanceof errors.PermissionViolationError ||
  (error instanceof Error && error.cause instanceof errors.PermissionViolationError);
