// A snapshot's header as message headers, and back.
import { PawlError, type ActorAddress, type Headers, type SnapshotHeader } from '@pawl/core';

/** Where the parts of a large body are. */
export interface PartsMark {
  /** Token of the part keys; another one for each save. */
  readonly token: string;
  readonly count: number;
}

const NAME = {
  sequence: 'Pawl-Sequence',
  entryTime: 'Pawl-Entry-Time',
  journal: 'Pawl-Journal',
  version: 'Pawl-Version',
  digest: 'Pawl-Digest',
  status: 'Pawl-Status',
  state: 'Pawl-State',
  tags: 'Pawl-Tags',
  since: 'Pawl-Since',
  due: 'Pawl-Due',
  parked: 'Pawl-Parked',
  parts: 'Pawl-Parts',
} as const;

/** Line breaks cannot stand in a header; text that comes from users goes through JSON. */
export const encodeSnapshotHeader = (header: SnapshotHeader, parts?: PartsMark): Headers => ({
  [NAME.sequence]: String(header.sequence),
  [NAME.entryTime]: String(header.entryTime),
  [NAME.journal]: header.journal,
  [NAME.version]: header.version,
  [NAME.digest]: header.digest,
  [NAME.status]: header.status,
  [NAME.state]: header.value,
  [NAME.tags]: JSON.stringify(header.tags),
  [NAME.since]: String(header.since),
  ...(header.dueAt !== undefined && { [NAME.due]: String(header.dueAt) }),
  ...(header.parked && { [NAME.parked]: JSON.stringify(header.parked) }),
  ...(parts && { [NAME.parts]: `${parts.count} ${parts.token}` }),
});

const read = (headers: Headers, name: string, actor: ActorAddress): string => {
  const value = headers[name];
  if (value === undefined)
    throw new PawlError(
      'invalid-body',
      `The snapshot of ${actor.type}/${actor.id} has no header ${name}: Pawl did not write it.`,
    );
  return value;
};

/** Reads it back. Throws `invalid-body` when something is missing. */
export const decodeSnapshotHeader = (actor: ActorAddress, headers: Headers): SnapshotHeader => {
  const due = headers[NAME.due];
  const parked = headers[NAME.parked];
  return {
    type: actor.type,
    id: actor.id,
    sequence: Number(read(headers, NAME.sequence, actor)),
    entryTime: Number(read(headers, NAME.entryTime, actor)),
    journal: read(headers, NAME.journal, actor),
    version: read(headers, NAME.version, actor),
    digest: read(headers, NAME.digest, actor),
    status: read(headers, NAME.status, actor),
    value: read(headers, NAME.state, actor),
    tags: JSON.parse(read(headers, NAME.tags, actor)) as string[],
    since: Number(read(headers, NAME.since, actor)),
    ...(due !== undefined && { dueAt: Number(due) }),
    ...(parked !== undefined && {
      parked: JSON.parse(parked) as NonNullable<SnapshotHeader['parked']>,
    }),
  };
};

/** Where the parts of the body are, when it is in parts. */
export const decodePartsMark = (headers: Headers): PartsMark | undefined => {
  const [count, token] = headers[NAME.parts]?.split(' ') ?? [];
  return count === undefined || token === undefined ? undefined : { count: Number(count), token };
};
