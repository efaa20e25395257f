// Nova 2.1: servers are created, listed, shown and deleted, and hold volumes as long as they exist.
import type { Account } from './account.ts';
import { flavorRoutes } from './flavors.ts';
import { linksEntry, pageOf } from './paging.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Call, Route, Subject } from './router.ts';
import type { Seeded } from './seeded.ts';
import { briefServer, createdServer, detailedServer } from './server-body.ts';
import type { ProvisioningPeaks } from './provisioning.ts';
import { parseServerRequest } from './server-request.ts';
import type { BlockDevice } from './server-request.ts';
import { serverStateOf } from './servers.ts';
import type { Fault, ServerRecord, ServerStore } from './servers.ts';
import { requestedSubject } from './subject.ts';
import { DEFAULT_VOLUME_TYPE } from './volume-request.ts';
import { volumeStatusOf } from './volumes.ts';
import type { VolumeRecord, VolumeStore } from './volumes.ts';

/** What the routes of Nova stand on. */
export interface ComputeParts {
  readonly account: Account;
  readonly servers: ServerStore;
  readonly volumes: VolumeStore;
  readonly peaks: ProvisioningPeaks;
  readonly seeded: Seeded;
}

const faultOf = ({ errorState }: Call, message: string): Fault | undefined =>
  errorState && { code: errorState.code ?? 500, message: errorState.message ?? message };

/** The expression that Nova's `name` filter is; matched anywhere in the name. */
const namePattern = (source: string | null): RegExp => {
  try {
    return new RegExp(source ?? '');
  } catch {
    throw new Refusal(400, `Invalid input for query parameters name. Value: ${source}.`);
  }
};

/** Creates the routes below `/compute/v2.1`. */
export const createComputeRoutes = (parts: ComputeParts): Route[] => {
  const { account, servers, volumes, peaks, seeded } = parts;

  const find = (call: Call): ServerRecord => {
    const id = call.params['id'] ?? '';
    const record = servers.get(id, call.now);
    if (!record) throw new Refusal(404, `Instance ${id} could not be found.`);
    return record;
  };

  const subjectOf = (call: Call): Subject | undefined => {
    const record = servers.get(call.params['id'] ?? '', call.now);
    return record && { name: record.name, metadata: record.metadata };
  };

  /** The existing volumes that a request wants, each free to be attached. */
  const freeVolume = (id: string, now: number): VolumeRecord => {
    const record = volumes.get(id, now);
    if (!record)
      throw new Refusal(400, `Block Device Mapping is Invalid: failed to get volume ${id}.`);
    const status = volumeStatusOf(record, now);
    if (status === 'available') return record;
    throw new Refusal(
      400,
      `Invalid volume: Volume ${id} status must be available or downloading to reserve, but the ` +
        `current status is ${status}.`,
    );
  };

  const volumeOf = (device: BlockDevice, now: number): VolumeRecord => {
    if (device.source === 'volume') return freeVolume(device.uuid ?? '', now);
    const spec = {
      name: '',
      description: '',
      sizeGiB: device.sizeGiB,
      metadata: {},
      imageId: device.source === 'image' ? (device.uuid ?? null) : null,
      availabilityZone: 'nova',
      multiattach: false,
      volumeType: DEFAULT_VOLUME_TYPE,
    };
    return volumes.create(spec, now, false);
  };

  const create = (call: Call): Answer => {
    const { spec, devices, adminPass } = parseServerRequest(call.body);
    const wanted = devices.filter(({ source }) => source === 'volume').map(({ uuid }) => uuid);
    if (new Set(wanted).size < wanted.length)
      throw new Refusal(400, 'Block Device Mapping is Invalid: a volume is named twice.');
    // All are checked before one is made: a refused request leaves nothing behind.
    for (const id of wanted) freeVolume(id ?? '', call.now);
    const fault = faultOf(call, 'No valid host was found. There are not enough hosts available.');
    const record = servers.create(spec, call.now, fault);
    record.volumes = devices.map((device, index) => {
      const volume = volumeOf(device, call.now);
      const letter = String.fromCharCode(97 + (index % 26));
      volumes.attach(volume, record.id, device.device ?? `/dev/vd${letter}`, call.now);
      return { volumeId: volume.id, deleteOnTermination: device.deleteOnTermination };
    });
    peaks.onMade(call.now);
    const password = adminPass ?? seeded.hex(12, 'password', record.id);
    return {
      status: 202,
      headers: { location: `${call.origin}/compute/v2.1/servers/${record.id}` },
      body: { server: createdServer(record, call, password) },
      resourceId: record.id,
    };
  };

  const listWith =
    (write: (record: ServerRecord, call: Call, owner: Account) => object) =>
    (call: Call): Answer => {
      const pattern = namePattern(call.query.get('name'));
      const status = call.query.get('status')?.toUpperCase();
      const wanted = servers
        .list(call.now)
        .filter(({ name }) => pattern.test(name))
        .filter(
          (record) => status === undefined || serverStateOf(record, call.now).status === status,
        );
      const { items, links } = pageOf(wanted, call);
      const body = { servers: items.map((record) => write(record, call, account)) };
      return { status: 200, body: { ...body, ...linksEntry('servers', links) } };
    };

  const show = (call: Call): Answer => ({
    status: 200,
    body: { server: detailedServer(find(call), call, account) },
  });

  const remove = (call: Call): Answer => {
    const record = find(call);
    const answer: Answer = { status: 204, resourceId: record.id };
    if (serverStateOf(record, call.now).isDeleting) return answer;
    const fault = faultOf(call, 'The server could not be deleted.');
    const endMs = servers.delete(record, call.now, fault);
    if (!fault)
      for (const { volumeId, deleteOnTermination } of record.volumes)
        volumes.release(volumeId, endMs, deleteOnTermination);
    return answer;
  };

  const path = '/compute/v2.1/servers';
  const one = `${path}/:id`;
  const routes: Omit<Route, 'service'>[] = [
    {
      operation: 'create-server',
      method: 'POST',
      path,
      handle: create,
      subjectOf: requestedSubject('server'),
    },
    { operation: 'list-servers', method: 'GET', path, handle: listWith(briefServer) },
    {
      operation: 'list-servers',
      method: 'GET',
      path: `${path}/detail`,
      handle: listWith(detailedServer),
    },
    { operation: 'get-server', method: 'GET', path: one, handle: show, subjectOf },
    { operation: 'delete-server', method: 'DELETE', path: one, handle: remove, subjectOf },
  ];
  return [...routes.map((route): Route => ({ ...route, service: 'compute' })), ...flavorRoutes];
};
