// The life of one call: route, token, injected delay and failure, handler, ledger.
import type { Clock } from './clock.ts';
import type { FailurePlan, Verdict } from './failures.ts';
import type { Ledger } from './ledger.ts';
import { checkMicroversion, microversionHeaders } from './microversion.ts';
import { AUTHENTICATION_REQUIRED, Refusal, encodeRefusal, titleOf } from './refusal.ts';
import type { ServiceName } from './refusal.ts';
import { createRouter } from './router.ts';
import type { Answer, Call, Route, Subject } from './router.ts';
import type { TokenStore } from './tokens.ts';

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

/** An answer as it goes over the wire; `disconnect` cuts the connection instead. */
export type WireAnswer =
  | 'disconnect'
  | { readonly status: number; readonly headers: Record<string, string>; readonly text: string };

/** What the dispatcher stands on. */
export interface DispatcherParts {
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly tokens: TokenStore;
  readonly plan: FailurePlan;
  readonly ledger: Ledger;
  /** Waits as long as every call takes, plus so many milliseconds. */
  readonly pause: (extraMs: number) => Promise<void>;
}

const parseBody = (text: string): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Malformed request body');
  }
};

const encodeError = (
  service: ServiceName,
  status: number,
  message: string,
  origin: string,
  retryAfterS?: number,
): Exclude<WireAnswer, 'disconnect'> => {
  const { contentType, text } = encodeRefusal(service, status, message, retryAfterS);
  const headers: Record<string, string> = { 'content-type': contentType };
  if (status === 401) headers['www-authenticate'] = `Keystone uri="${origin}/identity"`;
  if (retryAfterS !== undefined) headers['retry-after'] = String(retryAfterS);
  return { status, headers, text };
};

const encodeAnswer = ({ status, headers, body }: Answer): Exclude<WireAnswer, 'disconnect'> => ({
  status,
  headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  text: body === undefined ? '' : JSON.stringify(body),
});

/** Creates the function that answers a request. It never rejects for what a caller sends. */
export const createDispatcher = (
  parts: DispatcherParts,
): ((request: WireRequest) => Promise<WireAnswer>) => {
  const { clock, tokens, plan, ledger, pause } = parts;
  const routeOf = createRouter(parts.routes);

  /** Carries the call out; a refusal is an answer too. */
  const carryOut = (route: Route, call: Call): { answer: WireAnswer; resourceId?: string } => {
    try {
      const answer = route.handle(call);
      const { resourceId } = answer;
      return { answer: encodeAnswer(answer), ...(resourceId !== undefined && { resourceId }) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { answer: encodeError(route.service, error.status, error.message, call.origin) };
    }
  };

  /** Lets an injected failure take the place of the answer. */
  const failWith = (
    failure: Extract<Verdict['failure'], { kind: 'answer' | 'disconnect' }>,
    route: Route,
    call: Call,
  ): WireAnswer => {
    if (failure.kind === 'disconnect') return 'disconnect';
    const message = failure.message ?? titleOf(failure.status);
    const { status, retryAfterS } = failure;
    return encodeError(route.service, status, message, call.origin, retryAfterS);
  };

  const record = (
    route: Route,
    call: Call,
    subject: Subject | undefined,
    answer: WireAnswer,
    resourceId?: string,
  ): void => {
    if (route.method === 'GET') return;
    ledger.append({
      at: new Date(call.now).toISOString(),
      method: call.method,
      path: call.path,
      operation: route.operation,
      name: subject?.name ?? null,
      metadata: { ...subject?.metadata },
      resourceId: resourceId ?? null,
      status: answer === 'disconnect' ? 0 : answer.status,
      applied: resourceId !== undefined,
    });
  };

  const carryOutWithFailures = async (route: Route, call: Call): Promise<WireAnswer> => {
    const { operation, method } = route;
    // Read before the call is carried out: afterwards a deleted resource has no name any more.
    const subject = route.subjectOf?.(call);
    const { delayMs, failure } = plan.decide({ operation, method, name: subject?.name });
    await pause(delayMs);
    // The time of the call is when it is carried out: a resource may have moved on meanwhile.
    const errorState = failure?.kind === 'error-state' ? failure : undefined;
    const due: Call = { ...call, now: clock.now(), ...(errorState && { errorState }) };
    const injected = failure?.kind === 'error-state' ? undefined : failure;
    if (injected && injected.applied !== true) {
      const answer = failWith(injected, route, due);
      record(route, due, subject, answer);
      return answer;
    }
    const { answer, resourceId } = carryOut(route, due);
    const shown = injected ? failWith(injected, route, due) : answer;
    record(route, due, subject, shown, resourceId);
    return shown;
  };

  return async ({ method, url, headers, bodyText }) => {
    const { origin } = url;
    const match = routeOf(method, url.pathname);
    if (!match.found) {
      const message =
        match.status === 404 ? 'The resource could not be found.' : titleOf(match.status);
      return encodeError(match.service, match.status, message, origin);
    }
    const { route } = match;
    const now = clock.now();
    const token = tokens.get(headers['x-auth-token'], now);
    const isAllowed = token && (token.isScoped || route.service === 'identity');
    if (!route.open && !isAllowed)
      return encodeError(route.service, 401, AUTHENTICATION_REQUIRED, origin);
    let answer: WireAnswer;
    try {
      checkMicroversion(route.service, headers);
      const call: Call = {
        method,
        path: url.pathname,
        query: url.searchParams,
        params: match.params,
        headers,
        body: parseBody(bodyText),
        origin,
        now,
        ...(token && { token }),
      };
      answer =
        route.service === 'simulator'
          ? carryOut(route, call).answer
          : await carryOutWithFailures(route, call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer = encodeError(route.service, error.status, error.message, origin);
    }
    if (answer === 'disconnect') return answer;
    return { ...answer, headers: { ...microversionHeaders(route.service), ...answer.headers } };
  };
};
