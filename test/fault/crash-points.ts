// Crash points of a host: ports that end the process when a step comes to a certain point.
import type { Delivery, OutgoingEntry, Ports } from '@pawl/core';

/**
 * Where a process ends. `taken`: an entry was delivered, nothing done. `before-effect`: an effect
 * is decided and not published. `after-effect`: published. `after-snapshot`: saved, not
 * acknowledged. `before-ack`: about to acknowledge. `after-ack`: acknowledged.
 */
export const CRASH_POINTS = [
  'taken',
  'before-effect',
  'after-effect',
  'before-snapshot',
  'after-snapshot',
  'before-ack',
  'after-ack',
] as const;

/** A point, and at which crossing of it the process ends, counted from 1. */
export interface CrashPoint {
  readonly at: (typeof CRASH_POINTS)[number];
  readonly crossing: number;
}

/** Kills this process as kill -9 does: nothing more is sent. */
const endNow = (): void => {
  process.kill(process.pid, 'SIGKILL');
  // The signal reaches a busy process a little later: until then nothing may happen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

/** Ports of which every step of a host passes `cross`. */
export const crossedPorts = (ports: Ports, cross: (at: CrashPoint['at']) => void): Ports => {
  const around = async <Result>(effect: () => Promise<Result>): Promise<Result> => {
    cross('before-effect');
    const result = await effect();
    cross('after-effect');
    return result;
  };
  const { journal, timers, commands, snapshots, emitted } = ports;
  const delivered = (delivery: Delivery): Delivery => ({
    ...delivery,
    ack: () => {
      cross('before-ack');
      delivery.ack();
      cross('after-ack');
    },
  });
  return {
    ...ports,
    journal: {
      identity: () => journal.identity(),
      append: (entry: OutgoingEntry) => around(() => journal.append(entry)),
      read: (actor, range) => journal.read(actor, range),
      head: (actor) => journal.head(actor),
      last: (actor, kindToken) => journal.last(actor, kindToken),
      get: (sequence) => journal.get(sequence),
      provisionConsumers: (service, types) => journal.provisionConsumers(service, types),
      consume: (service, partition, listener) =>
        journal.consume(service, partition, {
          onDelivery: (delivery) => {
            cross('taken');
            listener.onDelivery(delivered(delivery));
          },
          onUnpinned: () => listener.onUnpinned(),
          onTrouble: (error) => listener.onTrouble(error),
        }),
    },
    timers: {
      arm: (timer) => around(() => timers.arm(timer)),
      disarm: (actor, generation) => around(() => timers.disarm(actor, generation)),
    },
    commands: {
      publish: (command) => around(() => commands.publish(command)),
      provision: (service) => commands.provision(service),
      queues: () => commands.queues(),
      pause: (queueClass, service, until) => commands.pause(queueClass, service, until),
      consume: (queueClass, service, listener) => commands.consume(queueClass, service, listener),
    },
    emitted: { publish: (event) => around(() => emitted.publish(event)) },
    snapshots: {
      load: (partition, actor) => snapshots.load(partition, actor),
      save: async (partition, header, body, revision, disproved) => {
        cross('before-snapshot');
        const saved = await snapshots.save(partition, header, body, revision, disproved);
        cross('after-snapshot');
        return saved;
      },
      remove: (partition, actor, revision) => snapshots.remove(partition, actor, revision),
      headers: (partition, type) => snapshots.headers(partition, type),
      changes: (type, after, limit) => snapshots.changes(type, after, limit),
      loadRecovery: (service, partition) => snapshots.loadRecovery(service, partition),
      saveRecovery: (service, partition, mark) => snapshots.saveRecovery(service, partition, mark),
    },
  };
};

/** Ports on which the process ends at the given crossing. */
export const crashingPorts = (ports: Ports, { at, crossing }: CrashPoint): Ports => {
  let left = crossing;
  return crossedPorts(ports, (point) => {
    if (point !== at) return;
    left -= 1;
    if (left === 0) endNow();
  });
};

/** Ports on which no snapshot is ever stored: what a host takes is never acknowledged. */
export const unsavedPorts = (ports: Ports): Ports => {
  const crossed = crossedPorts(ports, () => undefined);
  return {
    ...crossed,
    snapshots: { ...crossed.snapshots, save: () => new Promise(() => undefined) },
  };
};
