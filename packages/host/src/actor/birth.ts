// The birth of an actor whose create names no version: the journal itself gets to say which one.
import {
  bornVersion,
  encodeBody,
  HEADER,
  readEntry,
  type ActorAddress,
  type Delivery,
  type Entry,
  type HostBody,
  type Journal,
  type StoredEntry,
} from '@pawl/core';

/**
 * Did the broker check that this create is the first of its kind? One of the other kind, by a
 * client or by a parent, may have come before.
 */
export const isCheckedBirth = ({ entry: { kindToken }, isFirst }: Delivery): boolean =>
  isFirst && (kindToken === 'create' || kindToken === 'child');

/**
 * The version of the first `born` entry after the create, whoever appended it; appends one when
 * there is none. `newest` is what this host would choose.
 */
export const decideVersion = async (
  journal: Journal,
  actor: ActorAddress,
  createSequence: number,
  newest: string,
): Promise<string> => {
  const find = async (): Promise<string | undefined> => {
    const stored = await journal.read(actor, { from: createSequence });
    return bornVersion(stored.filter(isFromHost).flatMap(tryRead), createSequence);
  };
  const found = await find();
  if (found !== undefined) return found;
  const body: HostBody = { type: 'born', version: newest };
  await journal.append({ ...actor, kindToken: 'host', body: encodeBody(body) });
  // Another host may have been first, and the first one counts.
  return (await find()) ?? newest;
};

const isFromHost = ({ kindToken }: StoredEntry): boolean => kindToken === 'host';

const tryRead = (stored: StoredEntry): Entry[] => {
  try {
    return [readEntry(stored)];
  } catch {
    return []; // Refused when it is delivered; it names no version.
  }
};

/** The delivery as if its create had carried the version. */
export const withVersion = (delivery: Delivery, version: string): Delivery => {
  const { entry, consumerSequence, isRedelivery, isFirst, pinId, waiting } = delivery;
  return {
    entry: { ...entry, headers: { ...entry.headers, [HEADER.version]: version } },
    consumerSequence,
    isRedelivery,
    isFirst,
    pinId,
    waiting,
    ack: () => delivery.ack(),
  };
};
