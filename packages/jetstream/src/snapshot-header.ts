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

const unreadable = (actor: ActorAddress, what: string): PawlError =>
  new PawlError(
    'invalid-body',
    `The snapshot of ${actor.type}/${actor.id} has ${what}: Pawl did not write it.`,
  );

const read = (headers: Headers, name: string, actor: ActorAddress): string => {
  const value = headers[name];
  if (value === undefined) throw unreadable(actor, `no header ${name}`);
  return value;
};

const readNumber = (headers: Headers, name: string, actor: ActorAddress): number => {
  const number = Number(read(headers, name, actor));
  if (!Number.isFinite(number)) throw unreadable(actor, `no number in the header ${name}`);
  return number;
};

const readJson = <Value>(headers: Headers, name: string, actor: ActorAddress): Value => {
  const text = read(headers, name, actor);
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw unreadable(actor, `no JSON in the header ${name}`);
  }
};

/** Lists parse it later. */
const readJsonText = (headers: Headers, name: string, actor: ActorAddress): string => {
  readJson(headers, name, actor);
  return read(headers, name, actor);
};

/** Reads it back. Throws `invalid-body` when something is missing or cannot be read. */
export const decodeSnapshotHeader = (actor: ActorAddress, headers: Headers): SnapshotHeader => {
  const isDue = headers[NAME.due] !== undefined;
  const isParked = headers[NAME.parked] !== undefined;
  return {
    type: actor.type,
    id: actor.id,
    sequence: readNumber(headers, NAME.sequence, actor),
    entryTime: readNumber(headers, NAME.entryTime, actor),
    journal: read(headers, NAME.journal, actor),
    version: read(headers, NAME.version, actor),
    digest: read(headers, NAME.digest, actor),
    status: read(headers, NAME.status, actor),
    value: readJsonText(headers, NAME.state, actor),
    tags: readJson<string[]>(headers, NAME.tags, actor),
    since: readNumber(headers, NAME.since, actor),
    ...(isDue && { dueAt: readNumber(headers, NAME.due, actor) }),
    ...(isParked && {
      parked: readJson<NonNullable<SnapshotHeader['parked']>>(headers, NAME.parked, actor),
    }),
  };
};

/** The same; undefined: Pawl did not write it, so it says nothing and may be replaced. */
export const tryDecodeHeader = (
  actor: ActorAddress,
  headers: Headers,
): SnapshotHeader | undefined => {
  try {
    return decodeSnapshotHeader(actor, headers);
  } catch (error) {
    if (error instanceof PawlError) return undefined;
    throw error;
  }
};

/** Where the parts of the body are, when it is in parts. */
export const decodePartsMark = (headers: Headers): PartsMark | undefined => {
  const [count, token] = headers[NAME.parts]?.split(' ') ?? [];
  return count === undefined || token === undefined ? undefined : { count: Number(count), token };
};

/** The actor of a key `<partition>.<type>.<id>`. */
export const actorOfKey = (key: string): ActorAddress => {
  const [, type = '', id = ''] = key.split('.');
  return { type, id };
};
