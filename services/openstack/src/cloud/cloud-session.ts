// A session with one cloud: one token for all calls, renewed when a service no longer takes it.
import { z } from 'zod';
import { malformedError, refusalError } from './cloud-error.ts';
import { REQUEST_TIMEOUT_MS } from './cloud-settings.ts';
import type { CloudSettings } from './cloud-settings.ts';
import { sendRequest } from './http-call.ts';
import type { HttpAnswer } from './http-call.ts';
import { logIn } from './keystone.ts';
import type { Login, ServiceType } from './keystone.ts';

/** A call to a service of the cloud. */
export interface ServiceCall {
  readonly service: ServiceType;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the service's endpoint, query included. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Calls services of one cloud as one project. */
export interface CloudSession {
  /** The body of a success in the given shape. Throws the errors of `cloud-error.ts`. */
  read<Shape extends z.ZodType>(call: ServiceCall, shape: Shape): Promise<z.output<Shape>>;
  /** The same, undefined when what the path names is not there (404). */
  readIfThere<Shape extends z.ZodType>(
    call: ServiceCall,
    shape: Shape,
  ): Promise<z.output<Shape> | undefined>;
  /** For calls whose answer has no body. False when what the path names is not there (404). */
  act(call: ServiceCall): Promise<boolean>;
}

const NOT_FOUND = 404;

const decode = <Shape extends z.ZodType>(
  call: { readonly method: string; readonly url: string },
  { text }: HttpAnswer,
  shape: Shape,
): z.output<Shape> => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformedError(call, error.message);
  }
  const parsed = shape.safeParse(body);
  if (!parsed.success) throw malformedError(call, z.prettifyError(parsed.error));
  return parsed.data;
};

/** The login that several calls wait for, without letting go of a caller's own signal. */
const waitFor = <Value>(
  shared: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> => {
  if (signal === undefined) return shared;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
};

/** Opens a session. It logs in with the first call. */
export const createCloudSession = (settings: CloudSettings): CloudSession => {
  const timeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  let current: Promise<Login> | undefined;

  /** One login at a time: all calls wait for the same one. A failed one is not kept. */
  const login = (): Promise<Login> => {
    if (current !== undefined) return current;
    const started = logIn(settings);
    current = started;
    started.catch(() => forget(started));
    return started;
  };
  const forget = (old: Promise<Login>): void => {
    if (current === old) current = undefined;
  };

  const send = async (call: ServiceCall, tokensLeft: number): Promise<[string, HttpAnswer]> => {
    const shared = login();
    const { token, endpointOf } = await waitFor(shared, call.signal);
    const url = `${endpointOf(call.service)}${call.path}`;
    const headers = { 'X-Auth-Token': token };
    const { method, body, signal } = call;
    const answer = await sendRequest({ method, url, headers, body, signal, timeoutMs });
    if (answer.status !== 401 || tokensLeft === 0) return [url, answer];
    forget(shared); // Refused before it had any effect: safe to send again with a new token.
    return send(call, tokensLeft - 1);
  };

  const settled = async (
    call: ServiceCall,
  ): Promise<[{ method: string; url: string }, HttpAnswer]> => {
    const [url, answer] = await send(call, 1);
    const named = { method: call.method, url };
    const { status, text, headers } = answer;
    if ((status >= 200 && status < 300) || status === NOT_FOUND) return [named, answer];
    throw refusalError(named, status, text, headers);
  };

  return {
    read: async (call, shape) => {
      const [named, answer] = await settled(call);
      const { status, text, headers } = answer;
      if (status === NOT_FOUND) throw refusalError(named, status, text, headers);
      return decode(named, answer, shape);
    },
    readIfThere: async (call, shape) => {
      const [named, answer] = await settled(call);
      return answer.status === NOT_FOUND ? undefined : decode(named, answer, shape);
    },
    act: async (call) => {
      const [, answer] = await settled(call);
      return answer.status !== NOT_FOUND;
    },
  };
};
