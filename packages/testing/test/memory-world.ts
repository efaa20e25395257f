// A broker in memory with a client and hosts that only take notes: for the tests of its faults.
import { PawlError, partitionOf, type Delivery, type DeliveryListener } from '@pawl/core';
import type { PartitionConsumer } from '@pawl/core';
import { createMemoryBroker, createVirtualClock, promptNetwork } from '@pawl/testing';
import type { Crossing, MemoryBroker, MemoryPorts, Network, VirtualClock } from '@pawl/testing';

/** The actor of these tests. */
export const actor = { type: 'volume', id: 'vol-1' };
/** Its partition of four. */
export const partition = partitionOf(actor.type, actor.id, 4);
/** The body of its events. */
export const body = new TextEncoder().encode('{"type":"GO"}');

/** A broker, its time, and one client. */
export interface World {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly client: MemoryPorts;
}

/** Opens a broker behind a network. */
export const open = (network: Network = promptNetwork): World => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock, network });
  return { clock, broker, client: broker.ports('client') };
};

/** Appends events of the actor. */
export const append = async ({ client }: World, count = 1): Promise<void> => {
  for (let index = 0; index < count; index += 1)
    await client.journal.append({ ...actor, kindToken: 'event', body });
};

/** Loses or repeats the crossings that match. */
export const faultyNetwork =
  (matches: (crossing: Crossing) => boolean, fault: 'drop' | 'repeat'): Network =>
  (crossing, carry) => {
    if (!matches(crossing)) return promptNetwork(crossing, carry);
    if (fault === 'drop') return;
    promptNetwork(crossing, carry);
    promptNetwork(crossing, carry);
  };

/** A host that only takes down what it is told. */
export interface Host extends DeliveryListener {
  readonly ports: MemoryPorts;
  readonly consumer: PartitionConsumer;
  readonly deliveries: Delivery[];
  unpinned: number;
}

/** Starts a host with a connection of its own. */
export const startHost = async ({ broker, client }: World, name: string): Promise<Host> => {
  await client.journal.provisionConsumers('storage', ['volume']);
  const ports = broker.ports(name);
  const listener = {
    ports,
    deliveries: [] as Delivery[],
    unpinned: 0,
    onDelivery: (delivery: Delivery) => void listener.deliveries.push(delivery),
    onUnpinned: () => void (listener.unpinned += 1),
    onTrouble: () => undefined,
  };
  const consumer = await ports.journal.consume('storage', partition, listener);
  return Object.assign(listener, { consumer });
};

/** Consumer sequences of what it was given. */
export const positions = ({ deliveries }: Host): number[] =>
  deliveries.map(({ consumerSequence }) => consumerSequence);

/** The code that a promise rejects with. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof PawlError ? error.code : String(error)),
  );
