// Reads what has changed in the bucket of snapshots since a revision.
import type { ActorAddress, SnapshotChanges, SnapshotPosition, StoredSnapshot } from '@pawl/core';
import type { StreamInfo } from '@nats-io/jetstream';
import type { Broker } from './broker.ts';
import { isMarker, type KeyValue } from './key-value.ts';
import { actorOfKey, decodePartsMark, tryDecodeHeader, type PartsMark } from './snapshot-header.ts';

/** What to read. */
export interface ChangesRequest {
  readonly type: string;
  readonly after: SnapshotPosition | undefined;
  readonly limit: number;
}

/** Reads on from a position. `loadParts` is for bodies that are larger than a message. */
export const readSnapshotChanges = async (
  broker: Broker,
  bucket: KeyValue,
  loadParts: (key: string, mark: PartsMark) => Promise<Uint8Array | undefined>,
  { type, after, limit }: ChangesRequest,
): Promise<SnapshotChanges> => {
  const { created } = await broker.publisher.askApi<StreamInfo>(`STREAM.INFO.${bucket.stream}`);
  const known = after?.bucket === created ? after.revision : 0;
  const messages = await broker.messagesOf(bucket.stream).readDirect({
    subject: bucket.subjectOf(`*.${type}.*`),
    from: known + 1,
    limit,
  });
  const snapshots: StoredSnapshot[] = [];
  const removed: ActorAddress[] = [];
  for (const message of messages) {
    const { subject, headers, body, sequence } = message;
    const key = bucket.keyOf(subject);
    const actor = actorOfKey(key);
    if (isMarker(message)) {
      removed.push(actor);
      continue;
    }
    const header = tryDecodeHeader(actor, headers);
    if (header === undefined) continue; // A foreign message: the doctor names it.
    const mark = decodePartsMark(headers);
    // Parts that are gone were replaced: a newer revision of the actor is still to come.
    const whole = mark === undefined ? body : await loadParts(key, mark);
    if (whole !== undefined) snapshots.push({ header, body: whole, revision: sequence });
  }
  const revision = messages.at(-1)?.sequence ?? known;
  return {
    snapshots,
    removed,
    position: { bucket: created, revision },
    hasMore: messages.length >= limit,
  };
};
