// Opens the memory broker for the contract suites: time is virtual.
import { createMemoryBroker, createVirtualClock, type Replicas } from '@pawl/testing';
import { waitInVirtualTime, type OpenBroker } from '@pawl/testing/contracts';

/** A memory broker that behaves like one server or like three. */
export const openMemory =
  (replicas: Replicas = 1): OpenBroker =>
  async () => {
    const clock = createVirtualClock();
    const broker = createMemoryBroker({ clock, replicas });
    return {
      commandAckWaitMs: 30_000,
      waitFor: waitInVirtualTime(clock),
      connect: async () => {
        const ports = broker.ports();
        return { ports, end: async () => ports.connection.close() };
      },
      close: async () => clock.settle(),
    };
  };
