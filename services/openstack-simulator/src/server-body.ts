// How Nova writes a server, microversion 2.1.
import { createHash } from 'node:crypto';
import type { Account } from './account.ts';
import { computeLinks } from './flavors.ts';
import type { Call } from './router.ts';
import { serverStateOf } from './servers.ts';
import type { ServerRecord, ServerState } from './servers.ts';
import { microsecondsTime, secondsTime } from './times.ts';

const HOST = 'compute-1';
const VM_STATES = { BUILD: 'building', ACTIVE: 'active', ERROR: 'error', gone: 'deleted' } as const;

const addressesOf = ({ ordinal }: ServerRecord, isRunning: boolean): object => {
  if (!isRunning) return {};
  const octets = [Math.floor(ordinal / 254) % 254, (ordinal % 254) + 1];
  const mac = ordinal.toString(16).padStart(6, '0').slice(-6).match(/../g) ?? [];
  return {
    private: [
      {
        addr: `10.0.${octets.join('.')}`,
        'OS-EXT-IPS-MAC:mac_addr': ['fa', '16', '3e', ...mac].join(':'),
        'OS-EXT-IPS:type': 'fixed',
        version: 4,
      },
    ],
  };
};

const taskStateOf = ({ status, isDeleting }: ServerState): string | null => {
  if (isDeleting) return 'deleting';
  return status === 'BUILD' ? 'spawning' : null;
};

/** What a plain list says of a server. */
export const briefServer = ({ id, name }: ServerRecord, { origin }: Call): object => ({
  id,
  links: computeLinks(origin, `servers/${id}`),
  name,
});

/** What the answer to a create request says: the only time that the password is told. */
export const createdServer = (record: ServerRecord, call: Call, adminPass: string): object => ({
  'OS-DCF:diskConfig': record.diskConfig,
  adminPass,
  id: record.id,
  links: computeLinks(call.origin, `servers/${record.id}`),
  security_groups: record.securityGroups.map((name) => ({ name })),
});

const bookmarkOf = (call: Call, kind: string, id: string): object => ({
  id,
  links: computeLinks(call.origin, `${kind}/${id}`).filter(({ rel }) => rel === 'bookmark'),
});

const faultOf = ({ fault, sinceMs }: ServerState): object =>
  fault
    ? {
        fault: {
          code: fault.code,
          created: secondsTime(sinceMs),
          message: fault.message,
          details: `Injected by the simulator: ${fault.message}`,
        },
      }
    : {};

/** What a server says of itself: an administrator sees where it runs. */
export const detailedServer = (record: ServerRecord, call: Call, account: Account): object => {
  const state = serverStateOf(record, call.now);
  const { status } = state;
  const isPlaced = status !== 'BUILD';
  const hasLaunched = status === 'ACTIVE';
  return {
    accessIPv4: record.accessIpV4,
    accessIPv6: record.accessIpV6,
    addresses: addressesOf(record, hasLaunched),
    created: secondsTime(record.createdMs),
    flavor: bookmarkOf(call, 'flavors', record.flavorId),
    hostId: isPlaced
      ? createHash('sha224').update(`${account.projectId}${HOST}`).digest('hex')
      : '',
    id: record.id,
    // A server that boots from a volume has no image: Nova writes an empty string.
    image: record.imageId === null ? '' : bookmarkOf(call, 'images', record.imageId),
    key_name: record.keyName,
    links: computeLinks(call.origin, `servers/${record.id}`),
    metadata: record.metadata,
    name: record.name,
    config_drive: record.configDrive,
    'OS-DCF:diskConfig': record.diskConfig,
    'OS-EXT-AZ:availability_zone': isPlaced ? record.availabilityZone : '',
    'OS-EXT-SRV-ATTR:host': isPlaced ? HOST : null,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': isPlaced ? HOST : null,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${record.ordinal.toString(16).padStart(8, '0')}`,
    'OS-EXT-STS:power_state': hasLaunched ? 1 : 0,
    'OS-EXT-STS:task_state': taskStateOf(state),
    'OS-EXT-STS:vm_state': VM_STATES[status],
    'os-extended-volumes:volumes_attached': record.volumes.map(({ volumeId }) => ({
      id: volumeId,
    })),
    'OS-SRV-USG:launched_at': hasLaunched ? microsecondsTime(record.settledMs) : null,
    'OS-SRV-USG:terminated_at': null,
    ...(status === 'ERROR' ? {} : { progress: 0 }),
    ...faultOf(state),
    security_groups: record.securityGroups.map((name) => ({ name })),
    status,
    tenant_id: account.projectId,
    updated: secondsTime(state.sinceMs),
    user_id: account.userId,
  };
};
