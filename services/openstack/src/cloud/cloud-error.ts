// Failures of a cloud as errors of a task: which code, and whether another attempt makes sense.
import { failed, permanentError } from 'pawl';
import type { TaskError } from 'pawl';

/** One HTTP call, as errors name it. */
export interface CloudCall {
  readonly method: string;
  readonly url: string;
}

/** Refusals that can pass: timeout, conflict with a change under way, too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);
const TEXT_MAX = 500;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Keystone, Nova and Cinder wrap `message` in an object that is named after the error. */
const messageOf = (text: string): string => {
  try {
    const body: unknown = JSON.parse(text);
    const inner = isRecord(body) ? Object.values(body).find(isRecord) : undefined;
    if (typeof inner?.['message'] === 'string') return inner['message'];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // Glance and proxies answer in HTML.
  }
  return text.trim().slice(0, TEXT_MAX);
};

const callOf = ({ method, url }: CloudCall): string => `${method} ${new URL(url).pathname}`;

/** The error of an answer that is no success: 4xx is permanent but for a few, 5xx may pass. */
export const refusalError = (
  call: CloudCall,
  status: number,
  text: string,
  headers: Headers,
): TaskError => {
  const isPassing = status >= 500 || PASSING_STATUSES.has(status);
  const requestId = headers.get('x-openstack-request-id');
  const retryAfter = headers.get('retry-after');
  const details = {
    status,
    ...(requestId !== null && { requestId }),
    ...(retryAfter !== null && { retryAfter }),
  };
  const said = messageOf(text);
  const message = `${callOf(call)} was answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (isPassing) return failed('cloud-unavailable', message, { details });
  return permanentError(status === 401 ? 'cloud-unauthorized' : 'cloud-refused', message, {
    details,
  });
};

/** Why `fetch` failed: the socket's words stand in the cause. */
const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
};

/** The error of a call that brought no answer. */
export const networkError = (call: CloudCall, thrown: unknown): TaskError =>
  failed('cloud-unreachable', `${callOf(call)} brought no answer: ${reasonOf(thrown)}`, {
    cause: thrown,
    details: { origin: new URL(call.url).origin },
  });

/** The error of a call that took too long. Whether it had its effect is not known. */
export const requestTimeoutError = (call: CloudCall, timeoutMs: number): TaskError =>
  failed('cloud-timeout', `${callOf(call)} was not answered within ${timeoutMs} ms.`);

/** The error of an answer that is not what OpenStack's documents promise. */
export const malformedError = (call: CloudCall, what: string): TaskError =>
  failed('cloud-malformed', `${callOf(call)} was answered in a form that is not known: ${what}`);
