// The operations of the simulated cloud, by the names that rules and the ledger use.

/** Every operation of the OpenStack paths. */
export const OPERATIONS = [
  'discover',
  'create-token',
  'get-token',
  'revoke-token',
  'get-catalog',
  'create-server',
  'list-servers',
  'get-server',
  'delete-server',
  'list-flavors',
  'get-flavor',
  'list-images',
  'get-image',
  'create-volume',
  'list-volumes',
  'get-volume',
  'delete-volume',
  'force-delete-volume',
] as const;

/** Name of an operation. */
export type Operation = (typeof OPERATIONS)[number];
