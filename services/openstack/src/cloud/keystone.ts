// Keystone v3: a password for a token of one project, and the catalog that comes with it.
import { permanentError } from 'pawl';
import { z } from 'zod';
import { malformedError, refusalError } from './cloud-error.ts';
import { REQUEST_TIMEOUT_MS } from './cloud-settings.ts';
import type { CloudSettings } from './cloud-settings.ts';
import { sendRequest } from './http-call.ts';

/** The services of the catalog that we call, by their type there. */
export type ServiceType = 'compute' | 'volumev3' | 'image';

/** A login: the token and where the services are. */
export interface Login {
  readonly token: string;
  /** Base address of a service, without a slash at the end. Throws when the cloud has none. */
  readonly endpointOf: (service: ServiceType) => string;
}

const answerShape = z.object({
  token: z.object({
    catalog: z.array(
      z.object({
        type: z.string(),
        endpoints: z.array(
          z.object({ interface: z.string(), region: z.string().nullish(), url: z.string() }),
        ),
      }),
    ),
  }),
});

type Catalog = z.infer<typeof answerShape>['token']['catalog'];

const requestBody = (settings: CloudSettings): object => {
  const { username, password, projectName } = settings;
  const { userDomainName = 'Default', projectDomainName = 'Default' } = settings;
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: username, domain: { name: userDomainName }, password } },
      },
      scope: { project: { name: projectName, domain: { name: projectDomainName } } },
    },
  };
};

const findEndpoint = (settings: CloudSettings, catalog: Catalog, service: ServiceType): string => {
  const { regionName, endpointInterface = 'public' } = settings;
  const endpoints = catalog.filter(({ type }) => type === service).flatMap((one) => one.endpoints);
  const found = endpoints.find(
    (one) =>
      one.interface === endpointInterface &&
      (regionName === undefined || one.region === regionName),
  );
  if (found !== undefined) return found.url.replace(/\/+$/, '');
  const known = catalog.map(({ type }) => type).join(', ');
  throw permanentError(
    'cloud-endpoint-missing',
    `The catalog at ${settings.authUrl} has no ${endpointInterface} endpoint of ${service}` +
      `${regionName === undefined ? '' : ` in region ${regionName}`}. It has: ${known}.`,
  );
};

/** Logs in. Throws `cloud-unauthorized` for wrong credentials. */
export const logIn = async (settings: CloudSettings): Promise<Login> => {
  const call = { method: 'POST', url: `${settings.authUrl.replace(/\/+$/, '')}/auth/tokens` };
  const timeoutMs = settings.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const answer = await sendRequest({ ...call, body: requestBody(settings), timeoutMs });
  const { status, headers, text } = answer;
  if (status !== 201) throw refusalError(call, status, text, headers);
  const token = headers.get('x-subject-token');
  if (token === null) throw malformedError(call, 'it has no X-Subject-Token');
  const parsed = answerShape.safeParse(JSON.parse(text));
  if (!parsed.success) throw malformedError(call, z.prettifyError(parsed.error));
  const { catalog } = parsed.data.token;
  return { token, endpointOf: (service) => findEndpoint(settings, catalog, service) };
};
