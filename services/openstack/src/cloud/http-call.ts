// One HTTP call with JSON bodies: its timeout, the task's signal, and its answer.
import { networkError, requestTimeoutError } from './cloud-error.ts';
import type { CloudCall } from './cloud-error.ts';

/** What is sent. */
export interface HttpRequest extends CloudCall {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Ends the call early. Its reason is thrown as it is. */
  readonly signal?: AbortSignal | undefined;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends a request and reads the whole answer. Throws the errors of `cloud-error.ts`. */
export const sendRequest = async (request: HttpRequest): Promise<HttpAnswer> => {
  const { method, url, headers, body, timeoutMs, signal } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw timeout.aborted ? requestTimeoutError(request, timeoutMs) : networkError(request, thrown);
  }
};
