// Keystone v3: tokens by password, scoped to the project, and their catalog.
import type { Account } from './account.ts';
import type { CatalogEntry } from './catalog.ts';
import { isObject, objectAt, stringAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { AUTHENTICATION_REQUIRED, Refusal } from './refusal.ts';
import type { Answer, Call, Route } from './router.ts';
import type { Seeded } from './seeded.ts';
import { microsecondsTimeUtc } from './times.ts';
import type { Token, TokenStore } from './tokens.ts';

/** What the routes of Keystone stand on. */
export interface IdentityParts {
  readonly account: Account;
  readonly tokens: TokenStore;
  readonly seeded: Seeded;
  readonly catalogOf: (origin: string) => CatalogEntry[];
}

const schemaRefusal = (path: string, what: string): Refusal =>
  new Refusal(400, `${what} is a required property: ${path}.`);

/** Whether the request names this domain; a name or an id will do, absent is not accepted. */
const namesDomain = (owner: JsonObject, { domainId, domainName }: Account): boolean => {
  const domain = objectAt(owner, 'domain');
  return stringAt(domain, 'id') === domainId || stringAt(domain, 'name') === domainName;
};

const isUser = (user: JsonObject, account: Account): boolean => {
  const byId = stringAt(user, 'id') === account.userId;
  const byName = stringAt(user, 'name') === account.username && namesDomain(user, account);
  return (byId || byName) && stringAt(user, 'password') === account.password;
};

const isProject = (project: JsonObject, account: Account): boolean =>
  stringAt(project, 'id') === account.projectId ||
  (stringAt(project, 'name') === account.projectName && namesDomain(project, account));

/** Creates the routes below `/identity/v3`. */
export const createIdentityRoutes = (parts: IdentityParts): Route[] => {
  const { account, tokens, seeded, catalogOf } = parts;
  const domain = { id: account.domainId, name: account.domainName };

  const tokenBody = (token: Token, call: Call): JsonObject => ({
    token: {
      methods: token.methods,
      user: { domain, id: account.userId, name: account.username },
      audit_ids: [token.auditId],
      expires_at: microsecondsTimeUtc(token.expiresMs),
      issued_at: microsecondsTimeUtc(token.issuedMs),
      extras: {},
      ...(token.isScoped && {
        project: { domain, id: account.projectId, name: account.projectName },
        is_domain: false,
        roles: [{ id: seeded.hex(32, 'role', 'admin'), name: 'admin' }],
        ...(!call.query.has('nocatalog') && { catalog: catalogOf(call.origin) }),
      }),
    },
  });

  const createToken = (call: Call): Answer => {
    const auth = objectAt(call.body, 'auth');
    if (!auth) throw schemaRefusal('', "'auth'");
    const identity = objectAt(auth, 'identity');
    if (!identity) throw schemaRefusal('auth', "'identity'");
    const methods = identity['methods'];
    if (!Array.isArray(methods)) throw schemaRefusal('auth.identity', "'methods'");
    const user = objectAt(objectAt(identity, 'password'), 'user');
    const isPasswordOnly = methods.length === 1 && methods[0] === 'password';
    if (!isPasswordOnly || !user || !isUser(user, account))
      throw new Refusal(401, AUTHENTICATION_REQUIRED);
    const scope = auth['scope'];
    const project = objectAt(scope, 'project');
    const isScoped = isObject(scope) && !('unscoped' in scope);
    if (isScoped && !(project && isProject(project, account)))
      throw new Refusal(401, AUTHENTICATION_REQUIRED);
    const token = tokens.issue(['password'], isScoped, call.now);
    return {
      status: 201,
      headers: { 'x-subject-token': token.id, vary: 'X-Auth-Token' },
      body: tokenBody(token, call),
      resourceId: token.auditId,
    };
  };

  const subjectToken = (call: Call): Token => {
    const token = tokens.get(call.headers['x-subject-token'], call.now);
    if (!token) throw new Refusal(404, 'Could not find token.');
    return token;
  };

  const getToken = (call: Call): Answer => {
    const token = subjectToken(call);
    return {
      status: 200,
      headers: { 'x-subject-token': token.id, vary: 'X-Auth-Token' },
      body: tokenBody(token, call),
    };
  };

  const revokeToken = (call: Call): Answer => {
    const token = subjectToken(call);
    tokens.revoke(token.id);
    return { status: 204, resourceId: token.auditId };
  };

  const getCatalog = (call: Call): Answer => ({
    status: 200,
    body: {
      catalog: catalogOf(call.origin),
      links: { next: null, previous: null, self: `${call.origin}${call.path}` },
    },
  });

  const path = '/identity/v3/auth/tokens';
  const service = 'identity';
  return [
    { service, operation: 'create-token', method: 'POST', path, open: true, handle: createToken },
    { service, operation: 'get-token', method: 'GET', path, handle: getToken },
    { service, operation: 'revoke-token', method: 'DELETE', path, handle: revokeToken },
    {
      service,
      operation: 'get-catalog',
      method: 'GET',
      path: '/identity/v3/auth/catalog',
      handle: getCatalog,
    },
  ];
};
