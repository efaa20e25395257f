// Which handler serves a method and a path, and the forms of a call and its answer.
import type { Failure } from './failure-rule.ts';
import type { Operation } from './operations.ts';
import type { ServiceName } from './refusal.ts';
import type { Token } from './tokens.ts';

/** What a call is about, as far as rules and the ledger want to know. */
export interface Subject {
  readonly name: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A request, read and routed. */
export interface Call {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Variable parts of the path, by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Scheme, host and port by which the caller reached the simulator. */
  readonly origin: string;
  /** Milliseconds since the epoch at which the call is carried out. */
  readonly now: number;
  /** The token that the call brought, absent on open routes. */
  readonly token?: Token;
  /** An injected error in which the resource is to end. */
  readonly errorState?: Extract<Failure, { kind: 'error-state' }>;
}

/** What a handler answers. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The resource that was made or changed, for the ledger. */
  readonly resourceId?: string;
}

/** One operation on one path. */
export interface Route {
  readonly service: ServiceName;
  readonly operation: Operation | 'administer';
  readonly method: string;
  /** Path with `:name` for variable parts. */
  readonly path: string;
  /** Whether the route needs no token. */
  readonly open?: boolean;
  /** Names the resource before the call is carried out. */
  readonly subjectOf?: (call: Call) => Subject | undefined;
  /** Carries the call out. Throws a `Refusal` to answer with an error. */
  readonly handle: (call: Call) => Answer;
}

/** What the router found for a request. */
export type RouteMatch =
  | { readonly found: true; readonly route: Route; readonly params: Record<string, string> }
  | { readonly found: false; readonly status: 404 | 405; readonly service: ServiceName };

const SERVICE_OF_PREFIX: Readonly<Record<string, ServiceName>> = {
  identity: 'identity',
  compute: 'compute',
  volume: 'volume',
  image: 'image',
};

const partsOf = (path: string): string[] => path.split('/').filter(Boolean);

const paramsOf = (pattern: string[], parts: string[]): Record<string, string> | undefined => {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (expected.startsWith(':')) params[expected.slice(1)] = part;
    else if (expected !== part) return undefined;
  }
  return params;
};

/** Creates the look-up. Of two routes that fit a path, the earlier one serves it. */
export const createRouter = (
  routes: readonly Route[],
): ((method: string, path: string) => RouteMatch) => {
  const table = routes.map((route) => ({ route, pattern: partsOf(route.path) }));
  return (method, path) => {
    const parts = partsOf(path);
    const wanted = method === 'HEAD' ? 'GET' : method;
    let isPathKnown = false;
    for (const { route, pattern } of table) {
      const params = paramsOf(pattern, parts);
      if (!params) continue;
      if (route.method === wanted) return { found: true, route, params };
      isPathKnown = true;
    }
    const service = SERVICE_OF_PREFIX[parts[0] ?? ''] ?? 'simulator';
    return { found: false, status: isPathKnown ? 405 : 404, service };
  };
};
