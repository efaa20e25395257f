// The JetStream API for streams, with its refusals in Pawl's words.
import { PawlError } from '@pawl/core';
import {
  jetstreamManager,
  JetStreamApiError,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { API_CODE, apiCodeOf, brokerError } from './broker-error.ts';
import { checkConnection, type Connection } from './connection.ts';

/** Three nodes elect a leader for a new stream, on disks that may be busy. */
const API_TIMEOUT_MS = 20_000;

/** The API on a connection of ours. */
export const managerOf = (connection: Connection): Promise<JetStreamManager> => {
  checkConnection(connection);
  return jetstreamManager(connection.nats, { checkAPI: false, timeout: API_TIMEOUT_MS });
};

/** The broker's answer, or why there is none, in Pawl's words. */
export const inWords = async <Result>(what: string, work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JetStreamApiError) throw brokerError(what, error.apiError());
    throw new PawlError('outcome-unknown', `${what}: no answer (${String(error)}). Try again.`, {
      cause: error,
    });
  }
};

/** What the broker says of a stream; undefined when there is none. */
export const infoOf = async (
  jsm: JetStreamManager,
  name: string,
): Promise<StreamInfo | undefined> => {
  try {
    return await inWords(`Looking at stream ${name}`, jsm.streams.info(name));
  } catch (error) {
    if (apiCodeOf(error) === API_CODE.streamNotFound) return undefined;
    throw error;
  }
};
