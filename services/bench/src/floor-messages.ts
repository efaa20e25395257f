// What the floor's processes send: the subjects, headers and sizes of Pawl's own messages.
import { TYPE } from './subject-names.ts';

/** Streams and consumers are those that Pawl has provisioned. */
export const PARTITIONS = 32;
export const JOURNAL = 'PAWL_JOURNAL';
export const COMMANDS = 'PAWL_COMMANDS_REGULAR';
export const GROUP = 'host';
export const BATCH = 256;

const bytes = (size: number): Uint8Array => new Uint8Array(size).fill(0x20);

/** Bodies: constant bytes, as long as those of the measured lifecycle. */
export const BODY = {
  create: bytes(40),
  command: bytes(269),
  reply: bytes(121),
  snapshot: bytes(498),
  answer: bytes(507),
  question: bytes(29),
  state: bytes(472),
  lastState: Uint8Array.of(0x21, ...bytes(349)),
  notice: bytes(82),
  lastNotice: Uint8Array.of(0x21, ...bytes(77)),
} as const;

/** Does this notice or state say that the lifecycle has ended? */
export const isLast = (body: Uint8Array): boolean => body[0] === 0x21;

export const actorOf = (number: number): string => `floor-${number}`;
export const answerSubject = (actor: string): string =>
  `pawl.answer.client.00000000-0000-0000-0000-000000000000.${actor}`;
export const querySubject = (actor: string): string => `pawl.query.${TYPE}.${actor}`;
export const stateSubject = (actor: string): string => `pawl.state.${TYPE}.${actor}`;

/** Header lines of a create. */
export const createLines = (actor: string): string =>
  `Nats-Expected-Last-Subject-Sequence: 0\r\nNats-Msg-Id: ${TYPE}/${actor}/` +
  '00000000-0000-0000-0000-000000000000\r\n' +
  `Pawl-Answer-To: ${answerSubject(actor)}\r\nPawl-Version: 1\r\n`;

/** Header lines of a command. */
export const commandLines = (actor: string, step: number): string =>
  `Nats-Msg-Id: ${TYPE}/${actor}/work@0000000-${step}-00000000\r\n` +
  `Nats-Expected-Last-Subject-Sequence: 0\r\nPawl-Cause: ${TYPE}/${actor}@0000000\r\n` +
  'Pawl-Class: regular\r\n';

/** Header lines of a reply. */
export const replyLines = (actor: string): string =>
  `Pawl-Cause: ${TYPE}/${actor}/work@0000000-0-00000000\r\n`;

/** Header lines of a snapshot. */
export const snapshotLines = (revision: number): string =>
  `Nats-Expected-Last-Subject-Sequence: ${revision}\r\nPawl-Sequence: 0000000\r\n` +
  'Pawl-Time: 0000000000000\r\nPawl-Journal: 2026-01-01T00:00:00.000000000Z\r\n' +
  'Pawl-Version: 1\r\nPawl-Digest: 0000000000000000\r\nPawl-Status: active\r\n' +
  'Pawl-State: "third"\r\nPawl-Tags: []\r\nPawl-Since: 0000000000000\r\n' +
  'Pawl-Due: 0000000000000\r\n';

/** `<type>.<id>.<kind>` at the end of a journal subject, or of others with such an end. */
export const idBefore = (subject: string, last: number): string =>
  subject.slice(subject.lastIndexOf('.', last - 1) + 1, last);

/** The partition of an actor, as the broker computes it: FNV-1a, 32 bit. */
export const partitionOf = (type: string, id: string): number => {
  let hash = 0x811c9dc5;
  for (const text of [type, id])
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash % PARTITIONS;
};
