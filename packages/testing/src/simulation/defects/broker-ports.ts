// Defects of how the broker is used: by hosts, by workers and by clients.
import {
  addressKey,
  decodeBody,
  PawlError,
  type Ports,
  type SnapshotHeader,
  type StoredEntry,
} from '@pawl/core';
import type { World } from '../world.ts';
import type { Defect } from './defect.ts';
import { overlay } from './overlay.ts';

/** One timer per key: arming another generation replaces what is armed, whichever is newer. */
const timersByKey = (): ((ports: Ports) => Ports) => {
  const armed = new Map<string, string>();
  return (ports) => ({
    ...ports,
    timers: overlay(ports.timers, {
      arm: async (timer) => {
        const key = `${addressKey(timer.actor)} ${String(decodeBody(timer.body)['key'])}`;
        const before = armed.get(key);
        if (before !== undefined && before !== timer.generation)
          await ports.timers.disarm(timer.actor, before);
        await ports.timers.arm(timer);
        armed.set(key, timer.generation);
      },
    }),
  });
};

/** Whatever a snapshot says stands in the journal, as far as this host can see. */
const olderJournal = (ports: Ports): Ports => {
  const { journal, snapshots } = ports;
  const headers = new Map<number, SnapshotHeader>();
  const proofOf = (header: SnapshotHeader): StoredEntry => ({
    type: header.type,
    id: header.id,
    sequence: header.sequence,
    time: header.entryTime,
    kindToken: 'event',
    headers: {},
    body: new Uint8Array(),
  });
  return {
    ...ports,
    journal: overlay(journal, {
      get: async (sequence) => {
        const header = headers.get(sequence);
        return header === undefined ? journal.get(sequence) : proofOf(header);
      },
      read: async (actor, range) => {
        const entries = await journal.read(actor, range);
        const header = headers.get(range?.from ?? 0);
        if (header === undefined || addressKey(header) !== addressKey(actor)) return entries;
        return [proofOf(header), ...entries.filter(({ sequence }) => sequence > header.sequence)];
      },
    }),
    snapshots: overlay(snapshots, {
      load: async (partition, actor) => {
        const stored = await snapshots.load(partition, actor);
        if (stored !== undefined) headers.set(stored.header.sequence, stored.header);
        return stored;
      },
      headers: async (partition, type) => {
        const found = await snapshots.headers(partition, type);
        for (const header of found) headers.set(header.sequence, header);
        return found;
      },
    }),
  };
};

/** A create counts as the first entry of its actor, or not at all. */
const poisonedIds = (ports: Ports): Ports => ({
  ...ports,
  journal: overlay(ports.journal, {
    append: async (entry) => {
      if (entry.kindToken === 'create' && (await ports.journal.head(entry)) > 0)
        throw new PawlError('sequence-conflict', 'Something stands there already.');
      return ports.journal.append(entry);
    },
  }),
});

/** A duplicate is taken for one's own message, without a look. */
const equalIds = (ports: Ports): Ports => ({
  ...ports,
  journal: overlay(ports.journal, {
    append: async (entry) => ({ ...(await ports.journal.append(entry)), duplicate: false }),
  }),
});

/** A command is acknowledged when it arrives. */
const workerAcksFirst = (ports: Ports): Ports => ({
  ...ports,
  commands: overlay(ports.commands, {
    consume: (queueClass, service, listener) =>
      ports.commands.consume(queueClass, service, {
        onCommand: (delivery) => {
          delivery.ack().catch(() => undefined);
          listener.onCommand(delivery);
        },
        onTrouble: (error) => listener.onTrouble(error),
      }),
  }),
});

const onRole =
  (role: string, change: (ports: Ports, world: World) => Ports) =>
  (ports: Ports, asked: string, world: World): Ports =>
    asked === role ? change(ports, world) : ports;

/** Defects at the broker's door. */
export const brokerDefects: readonly Defect[] = [
  {
    name: 'late-re-arm',
    about: 'A timer has one subject per key: a late host arms an old generation over the new one.',
    plant: () => ({ adapt: onRole('host', timersByKey()) }),
    faultKinds: ['late-host', 'delay', 'reorder', 'crash', 'slow-host', 'lost-answer'],
  },
  {
    name: 'older-journal',
    about: 'A snapshot is believed although the journal does not have its entry.',
    plant: () => ({ adapt: onRole('host', olderJournal) }),
    faultKinds: ['restored-journal', 'crash', 'cut'],
  },
  {
    name: 'early-event',
    about: 'An event before the create takes the id for ever: the actor can never be born.',
    plant: () => ({ adapt: onRole('client', poisonedIds) }),
  },
  {
    name: 'equal-ids',
    about: 'Two publishers choose the same message id: the second event is reported as sent.',
    plant: () => ({ adapt: onRole('client', equalIds) }),
  },
  {
    name: 'worker-acks-first',
    about: 'A command is acknowledged before its reply is stored: a crash in between loses it.',
    plant: () => ({ adapt: onRole('worker', workerAcksFirst) }),
  },
  {
    name: 'slow-host-keeps-its-pin',
    about: 'A host that does not pull keeps its partitions: nobody folds what is there.',
    plant: () => ({ pinTimeoutMs: 3_600_000 }),
  },
];
