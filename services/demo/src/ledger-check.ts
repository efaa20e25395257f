// What the cloud's own books say at the end: nothing twice, nothing missing, nothing left.
import type { OpenStackSimulator } from '@pawl/openstack-simulator';
import { resourceName } from '@pawl/openstack';
import { serverName, volumesOf, type Plan } from './plan.ts';

/** Counts, and every difference to what should be there. */
export interface LedgerReport {
  readonly serversMade: number;
  readonly volumesMade: number;
  readonly serversLeft: number;
  readonly volumesLeft: number;
  /** Names of servers and volumes that exist for the failed instance. */
  readonly leftovers: readonly string[];
  readonly faults: readonly string[];
}

const sorted = (names: readonly string[]): string => names.toSorted().join(', ');

const compare = (what: string, found: readonly string[], wanted: readonly string[]): string[] =>
  sorted(found) === sorted(wanted)
    ? []
    : [`${what}: ${sorted(found) || 'none'}, should be ${sorted(wanted) || 'none'}`];

/** Reads the ledger and what exists, and compares both with the plan. */
export const checkLedger = (cloud: OpenStackSimulator, plan: Plan): LedgerReport => {
  const { servers, volumes } = cloud.resources();
  const madeBy = (operation: string): string[] =>
    cloud
      .ledger({ operation })
      .filter(({ applied }) => applied)
      .map(({ name }) => name ?? '');
  const serversMade = madeBy('create-server');
  const volumesMade = madeBy('create-volume');
  const namesOf = (ids: readonly string[]): { servers: string[]; volumes: string[] } => ({
    servers: ids.map(serverName),
    volumes: ids.flatMap((id) => volumesOf(id).map(resourceName)),
  });
  const all = namesOf(plan.instances);
  const good = namesOf(plan.instances.filter((id) => id !== plan.failing));
  const failed = namesOf([plan.failing]);
  const serverNames = servers.map(({ name }) => name);
  const volumeNames = volumes.map(({ name }) => name ?? '');
  const loose = servers.filter(({ status }) => status !== 'ACTIVE').map(({ name }) => name);
  const detached = volumes.filter(({ serverId }) => serverId === null).map(({ id }) => id);
  return {
    serversMade: serversMade.length,
    volumesMade: volumesMade.length,
    serversLeft: servers.length,
    volumesLeft: volumes.length,
    leftovers: [...serverNames, ...volumeNames].filter(
      (name) => failed.servers.includes(name) || failed.volumes.includes(name),
    ),
    faults: [
      ...compare('servers made', serversMade, all.servers),
      ...compare('volumes made', volumesMade, all.volumes),
      ...compare('servers that exist', serverNames, good.servers),
      ...compare('volumes that exist', volumeNames, good.volumes),
      ...compare('servers that are not ACTIVE', loose, []),
      ...compare('volumes without a server', detached, []),
    ],
  };
};
