// Cinder v3: volumes are created, listed, shown and deleted.
import type { Account } from './account.ts';
import { isObject } from './json.ts';
import { linksEntry, pageOf } from './paging.ts';
import type { ProvisioningPeaks } from './provisioning.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Call, Route, Subject } from './router.ts';
import { requestedSubject } from './subject.ts';
import { briefVolume, createdVolume, detailedVolume } from './volume-body.ts';
import { parseVolumeRequest } from './volume-request.ts';
import { isAttached, volumeStatusOf } from './volumes.ts';
import type { VolumeRecord, VolumeStore } from './volumes.ts';

/** Creates the routes below `/volume/v3/{project_id}/volumes`. */
export const createVolumeRoutes = (
  account: Account,
  volumes: VolumeStore,
  peaks: ProvisioningPeaks,
): Route[] => {
  const inProject =
    (handle: (call: Call) => Answer) =>
    (call: Call): Answer => {
      // Cinder compares the path with the token and calls a difference a malformed address.
      if (call.params['project'] !== account.projectId)
        throw new Refusal(400, 'Malformed request url');
      return handle(call);
    };

  const find = (call: Call): VolumeRecord => {
    const id = call.params['id'] ?? '';
    const record = volumes.get(id, call.now);
    if (!record) throw new Refusal(404, `Volume ${id} could not be found.`);
    return record;
  };

  const subjectOf = (call: Call): Subject | undefined => {
    const record = volumes.get(call.params['id'] ?? '', call.now);
    return record && { name: record.name ?? undefined, metadata: record.metadata };
  };

  const create = (call: Call): Answer => {
    const spec = parseVolumeRequest(call.body);
    const record = volumes.create(spec, call.now, call.errorState !== undefined);
    peaks.onMade(call.now);
    const volume = createdVolume(record, call, account);
    return { status: 202, body: { volume }, resourceId: record.id };
  };

  const listWith =
    (write: typeof briefVolume) =>
    (call: Call): Answer => {
      const name = call.query.get('name');
      const status = call.query.get('status');
      // Cinder matches names exactly (Nova takes a regular expression).
      const wanted = volumes
        .list(call.now)
        .filter((record) => name === null || record.name === name)
        .filter((record) => status === null || volumeStatusOf(record, call.now) === status);
      const { items, links } = pageOf(wanted, call);
      const body = { volumes: items.map((record) => write(record, call, account)) };
      return { status: 200, body: { ...body, ...linksEntry('volumes', links) } };
    };

  const show = (call: Call): Answer => ({
    status: 200,
    body: { volume: detailedVolume(find(call), call, account) },
  });

  const remove = (call: Call): Answer => {
    const record = find(call);
    const status = volumeStatusOf(record, call.now);
    if (status !== 'available' && status !== 'error')
      throw new Refusal(
        400,
        'Invalid volume: Volume status must be available or error or error_restoring or ' +
          'error_extending or error_managing and must not be migrating, attached, belong to a ' +
          'group or have snapshots.',
      );
    volumes.delete(record, call.now, call.errorState !== undefined);
    return { status: 202, resourceId: record.id };
  };

  const act = (call: Call): Answer => {
    const record = find(call);
    if (!isObject(call.body) || !('os-force_delete' in call.body))
      throw new Refusal(400, 'There is no such action: the simulator knows os-force_delete.');
    if (isAttached(record, call.now))
      throw new Refusal(400, 'Invalid volume: Volume must not be attached.');
    volumes.delete(record, call.now, call.errorState !== undefined);
    return { status: 202, resourceId: record.id };
  };

  const path = '/volume/v3/:project/volumes';
  const one = `${path}/:id`;
  const routes: Omit<Route, 'service'>[] = [
    {
      operation: 'create-volume',
      method: 'POST',
      path,
      handle: create,
      subjectOf: requestedSubject('volume'),
    },
    { operation: 'list-volumes', method: 'GET', path, handle: listWith(briefVolume) },
    {
      operation: 'list-volumes',
      method: 'GET',
      path: `${path}/detail`,
      handle: listWith(detailedVolume),
    },
    { operation: 'get-volume', method: 'GET', path: one, handle: show, subjectOf },
    { operation: 'delete-volume', method: 'DELETE', path: one, handle: remove, subjectOf },
    {
      operation: 'force-delete-volume',
      method: 'POST',
      path: `${one}/action`,
      handle: act,
      subjectOf,
    },
  ];
  return routes.map((route) => ({ ...route, service: 'volume', handle: inProject(route.handle) }));
};
