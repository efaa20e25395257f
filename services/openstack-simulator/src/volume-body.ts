// How Cinder writes a volume.
import type { Account } from './account.ts';
import type { Link } from './paging.ts';
import type { Call } from './router.ts';
import { microsecondsTime } from './times.ts';
import { isAttached, volumeStatusOf, volumeUpdatedMs } from './volumes.ts';
import type { VolumeRecord } from './volumes.ts';

const HOST = 'simulator@lvmdriver-1#lvmdriver-1';

const linksOf = (origin: string, { projectId }: Account, id: string): Link[] => [
  { href: `${origin}/volume/v3/${projectId}/volumes/${id}`, rel: 'self' },
  { href: `${origin}/volume/${projectId}/volumes/${id}`, rel: 'bookmark' },
];

const attachmentsOf = (record: VolumeRecord, now: number): object[] => {
  const { attachment, id } = record;
  if (!attachment || !isAttached(record, now)) return [];
  return [
    {
      server_id: attachment.serverId,
      attachment_id: attachment.id,
      attached_at: microsecondsTime(attachment.fromMs),
      host_name: 'simulator',
      volume_id: id,
      device: attachment.device,
      id,
    },
  ];
};

/** What a plain list says of a volume. */
export const briefVolume = (record: VolumeRecord, call: Call, account: Account): object => ({
  id: record.id,
  links: linksOf(call.origin, account, record.id),
  name: record.name,
});

/** What the answer to a create request says. */
export const createdVolume = (record: VolumeRecord, call: Call, account: Account): object => {
  const { now } = call;
  const updatedMs = volumeUpdatedMs(record, now);
  return {
    attachments: attachmentsOf(record, now),
    availability_zone: record.availabilityZone,
    bootable: String(record.imageId !== null && now >= record.settledMs),
    consistencygroup_id: null,
    created_at: microsecondsTime(record.createdMs),
    description: record.description,
    encrypted: false,
    id: record.id,
    links: linksOf(call.origin, account, record.id),
    metadata: record.metadata,
    migration_status: null,
    multiattach: record.multiattach,
    name: record.name,
    replication_status: null,
    size: record.sizeGiB,
    snapshot_id: null,
    source_volid: null,
    status: volumeStatusOf(record, now),
    updated_at: updatedMs === undefined ? null : microsecondsTime(updatedMs),
    user_id: account.userId,
    volume_type: record.volumeType,
  };
};

/** What a volume says of itself: an administrator sees where it lies. */
export const detailedVolume = (record: VolumeRecord, call: Call, account: Account): object => ({
  ...createdVolume(record, call, account),
  'os-vol-host-attr:host': call.now < record.settledMs ? null : HOST,
  'os-vol-mig-status-attr:migstat': null,
  'os-vol-mig-status-attr:name_id': null,
  'os-vol-tenant-attr:tenant_id': account.projectId,
});
