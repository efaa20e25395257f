// Keystone's catalog: where the services are.
import type { Account } from './account.ts';
import type { Seeded } from './seeded.ts';

/** One way to reach a service. */
export interface Endpoint {
  readonly region_id: string;
  readonly url: string;
  readonly region: string;
  readonly interface: string;
  readonly id: string;
}

/** One service of the catalog. */
export interface CatalogEntry {
  readonly endpoints: Endpoint[];
  readonly type: string;
  readonly id: string;
  readonly name: string;
}

/** Creates the function that writes the catalog for the address a caller used. */
export const createCatalog = (
  account: Account,
  seeded: Seeded,
): ((origin: string) => CatalogEntry[]) => {
  const services: [type: string, name: string, path: string][] = [
    ['identity', 'keystone', '/identity'],
    ['compute', 'nova', '/compute/v2.1'],
    ['volumev3', 'cinderv3', `/volume/v3/${account.projectId}`],
    ['image', 'glance', '/image'],
  ];
  return (origin) =>
    services.map(([type, name, path]) => ({
      endpoints: ['public', 'internal', 'admin'].map((side) => ({
        region_id: 'RegionOne',
        url: `${origin}${path}`,
        region: 'RegionOne',
        interface: side,
        id: seeded.hex(32, 'endpoint', type, side),
      })),
      type,
      id: seeded.hex(32, 'service', type),
      name,
    }));
};
