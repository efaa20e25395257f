// Defects of a host's order of work, planted between the host and its ports.
import { addressKey, decodeBody, type Delivery, type Ports } from '@pawl/core';
import type { Defect } from './defect.ts';
import { overlay } from './overlay.ts';

const onHosts =
  (change: (ports: Ports) => Ports) =>
  (ports: Ports, role: string): Ports =>
    role === 'host' ? change(ports) : ports;

const copyOf = (delivery: Delivery, changes: Partial<Delivery>): Delivery => ({
  entry: delivery.entry,
  consumerSequence: delivery.consumerSequence,
  isRedelivery: delivery.isRedelivery,
  isFirst: delivery.isFirst,
  pinId: delivery.pinId,
  waiting: delivery.waiting,
  ack: () => delivery.ack(),
  ...changes,
});

/** What a host publishes, each kind through `send`. */
const publishingBy = (
  ports: Ports,
  send: (actor: string, publish: () => Promise<void>) => Promise<void>,
): Ports => {
  const { journal, commands, timers, emitted } = ports;
  return {
    ...ports,
    journal: overlay(journal, {
      append: async (entry) => {
        if (entry.kindToken !== 'peer') return journal.append(entry);
        const { from } = decodeBody(entry.body) as { from: { type: string; id: string } };
        await send(addressKey(from), async () => void (await journal.append(entry)));
        return { sequence: 0, duplicate: false };
      },
    }),
    commands: overlay(commands, {
      publish: (command) =>
        send(addressKey(command.subject.actor), () => commands.publish(command)),
    }),
    timers: overlay(timers, {
      arm: (timer) => send(addressKey(timer.actor), () => timers.arm(timer)),
    }),
    emitted: { publish: (event) => send(addressKey(event.actor), () => emitted.publish(event)) },
  };
};

const ackBeforePublish = (ports: Ports): Ports =>
  publishingBy(ports, (_actor, publish) => {
    publish().catch(() => undefined);
    return Promise.resolve();
  });

/** Fold, snapshot, effects, ack: effects wait for the snapshot, and the ack for them. */
const snapshotBeforeEffects = (ports: Ports): Ports => {
  const { snapshots } = ports;
  const waiting = new Map<string, (() => Promise<void>)[]>();
  const out = new Map<string, Promise<void>>();
  const patched = publishingBy(ports, (actor, publish) => {
    waiting.set(actor, [...(waiting.get(actor) ?? []), publish]);
    return Promise.resolve();
  });
  return {
    ...patched,
    snapshots: overlay(snapshots, {
      save: async (partition, header, ...rest) => {
        const actor = addressKey(header);
        const saved = await snapshots.save(partition, header, ...rest);
        const effects = waiting.get(actor) ?? [];
        waiting.delete(actor);
        const all = Promise.all(effects.map((publish) => publish().catch(() => undefined)));
        out.set(
          actor,
          all.then(() => undefined),
        );
        return saved;
      },
    }),
    journal: overlay(patched.journal, {
      consume: (service, partition, listener) =>
        ports.journal.consume(
          service,
          partition,
          overlay(listener, {
            onDelivery: (delivery) =>
              listener.onDelivery(
                copyOf(delivery, {
                  ack: () => void out.get(addressKey(delivery.entry))?.then(() => delivery.ack()),
                }),
              ),
          }),
        ),
    }),
  };
};

/** Snapshots are written behind: told as stored, and stored seconds later. */
const ackBeforeSnapshot = (ports: Ports, after: (run: () => void) => void): Ports => {
  const { snapshots } = ports;
  return {
    ...ports,
    snapshots: overlay(snapshots, {
      save: (...given) => {
        after(() => void snapshots.save(...given).catch(() => undefined));
        return Promise.resolve({ revision: 0, saved: true });
      },
    }),
  };
};

/** Every delivery looks like the next one under the same pin. */
const cursorOff = (ports: Ports): Ports => {
  const counts = new Map<string, number>();
  return {
    ...ports,
    journal: overlay(ports.journal, {
      consume: (service, partition, listener) =>
        ports.journal.consume(service, partition, {
          onDelivery: (delivery) => {
            const key = `${service} ${partition}`;
            const isAnew = delivery.consumerSequence === 1 && delivery.waiting > 0;
            const consumerSequence = isAnew ? 1 : (counts.get(key) ?? 0) + 1;
            counts.set(key, consumerSequence);
            listener.onDelivery(copyOf(delivery, { consumerSequence, pinId: 'the only one' }));
          },
          onUnpinned: () => listener.onUnpinned(),
          onTrouble: (error) => listener.onTrouble(error),
        }),
    }),
  };
};

/** The mark that says from where to fold on is not stored. */
const unmarkedParking = (ports: Ports): Ports => {
  const { snapshots } = ports;
  return {
    ...ports,
    snapshots: overlay(snapshots, {
      save: (partition, { parked: _forgotten, ...header }, ...rest) =>
        snapshots.save(partition, header, ...rest),
    }),
  };
};

/** Peer events of one step race each other. */
const racingPeers = (ports: Ports, after: (run: () => void) => void): Ports => ({
  ...ports,
  journal: overlay(ports.journal, {
    append: (entry) => {
      if (entry.kindToken !== 'peer' || entry.body.length % 2 === 0)
        return ports.journal.append(entry);
      // Told at once, so that the outbox does not hold back what comes after it.
      after(() => void ports.journal.append(entry).catch(() => undefined));
      return Promise.resolve({ sequence: 0, duplicate: false });
    },
  }),
});

/** An older state replaces a newer one. */
const loweredSnapshots = (ports: Ports): Ports => {
  const { snapshots } = ports;
  return {
    ...ports,
    snapshots: overlay(snapshots, {
      save: async (partition, header, body, revision) => {
        const known = await snapshots.load(partition, header);
        return snapshots.save(partition, header, body, revision, known?.revision);
      },
    }),
  };
};

/** Defects of hosts. */
export const hostDefects: readonly Defect[] = [
  {
    name: 'ack-before-publish',
    about: 'An effect counts as stored before the broker has it: a crash in between loses it.',
    plant: () => ({ adapt: onHosts(ackBeforePublish) }),
  },
  {
    name: 'snapshot-before-effects',
    about: 'The snapshot is written before the effects of its step: a crash in between loses them.',
    plant: () => ({ adapt: onHosts(snapshotBeforeEffects) }),
  },
  {
    name: 'ack-before-snapshot',
    about: 'An entry is acknowledged before its snapshot is stored: lists stay wrong for ever.',
    plant: () => ({
      adapt: (ports, role, world) =>
        role !== 'host'
          ? ports
          : ackBeforeSnapshot(ports, (run) => world.whileAlive(ports, 1_500, run)),
    }),
  },
  {
    name: 'cursor-off',
    about: 'A delivery that is lost under the same pin is not missed: the host folds without it.',
    plant: () => ({ adapt: onHosts(cursorOff) }),
  },
  {
    name: 'unmarked-parking',
    about: 'A host without the version acknowledges entries and leaves no mark to fold on from.',
    plant: () => ({ adapt: onHosts(unmarkedParking) }),
    faultKinds: ['old-version-host', 'crash', 'crash-at-rest', 'leave-and-join'],
  },
  {
    name: 'racing-peers',
    about: 'Peer events of one actor overtake each other: the receiver takes the late one as old.',
    plant: () => ({
      adapt: (ports, role, world) =>
        role !== 'host' ? ports : racingPeers(ports, (run) => world.whileAlive(ports, 300, run)),
    }),
  },
  {
    name: 'lowered-snapshots',
    about: 'A late host replaces a newer snapshot by its older one.',
    plant: () => ({ adapt: onHosts(loweredSnapshots) }),
    faultKinds: ['late-host', 'slow-host', 'duplicate', 'delay', 'reorder'],
  },
  {
    name: 'no-sweep',
    about: 'Nobody looks after timers that the broker has lost: their actors wait for ever.',
    plant: () => ({ hostOptions: { limits: { sweepEveryMs: 86_400_000, watchEveryMs: 4_000 } } }),
    faultKinds: ['timers-lost', 'cut', 'delay'],
  },
];
