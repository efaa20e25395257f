// The version documents by which clients find out what a service speaks.
import type { Operation } from './operations.ts';
import type { ServiceName } from './refusal.ts';
import type { Answer, Call, Route } from './router.ts';

/** The microversions that the simulator speaks: the base of each service. */
export const MICROVERSIONS = { compute: '2.1', volume: '3.0' } as const;

interface Version {
  readonly service: ServiceName;
  readonly path: string;
  readonly id: string;
  readonly status: string;
  readonly updated: string;
  /** Whether the service's own list answers 300 Multiple Choices. */
  readonly listStatus: 200 | 300;
  /** How the list is wrapped. */
  readonly wrap: (version: object) => object;
  /** How the version's own document is wrapped, absent where there is none. */
  readonly wrapOne?: (version: object) => object;
  readonly microversion?: string;
}

const VERSIONS: readonly Version[] = [
  {
    service: 'identity',
    path: '/identity/v3',
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    listStatus: 300,
    wrap: (version) => ({ versions: { values: [version] } }),
    wrapOne: (version) => ({ version }),
  },
  {
    service: 'compute',
    path: '/compute/v2.1',
    id: 'v2.1',
    status: 'CURRENT',
    updated: '2013-07-23T11:33:21Z',
    listStatus: 200,
    wrap: (version) => ({ versions: [version] }),
    wrapOne: (version) => ({ version }),
    microversion: MICROVERSIONS.compute,
  },
  {
    service: 'volume',
    path: '/volume/v3',
    id: 'v3.0',
    status: 'CURRENT',
    updated: '2023-08-31T00:00:00Z',
    listStatus: 300,
    wrap: (version) => ({ versions: [version] }),
    wrapOne: (version) => ({ versions: [version] }),
    microversion: MICROVERSIONS.volume,
  },
  {
    service: 'image',
    path: '/image/v2',
    id: 'v2.0',
    status: 'CURRENT',
    updated: '2012-08-01T00:00:00Z',
    listStatus: 300,
    wrap: (version) => ({ versions: [version] }),
  },
];

const documentOf = (version: Version, { origin }: Call): object => ({
  id: version.id,
  links: [{ href: `${origin}${version.path}/`, rel: 'self' }],
  status: version.status,
  updated: version.updated,
  ...(version.microversion && { version: version.microversion, min_version: version.microversion }),
  'media-types': [
    {
      base: 'application/json',
      type: `application/vnd.openstack.${version.service}+json`,
    },
  ],
});

const routesOf = (version: Version): Route[] => {
  const { service, path, wrap, wrapOne, listStatus } = version;
  const operation: Operation = 'discover';
  const list = (call: Call): Answer => ({
    status: listStatus,
    body: wrap(documentOf(version, call)),
  });
  const base = { service, operation, method: 'GET', open: true };
  const routes: Route[] = [{ ...base, path: `/${service}`, handle: list }];
  if (wrapOne)
    routes.push({
      ...base,
      path,
      handle: (call) => ({ status: 200, body: wrapOne(documentOf(version, call)) }),
    });
  return routes;
};

/** The version documents of all services; they need no token. */
export const discoveryRoutes: readonly Route[] = VERSIONS.flatMap(routesOf);
