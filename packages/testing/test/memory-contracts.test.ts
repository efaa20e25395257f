// The contract suites of all ports, on the memory broker: time is virtual.
import { createMemoryBroker, createVirtualClock, type Replicas } from '@pawl/testing';
import {
  busContract,
  commandQueueContract,
  journalContract,
  outletsContract,
  partitionConsumerContract,
  registryContract,
  snapshotsContract,
  timersContract,
  waitInVirtualTime,
  type OpenBroker,
} from '@pawl/testing/contracts';

/** A memory broker that behaves like one server or like three. */
const openMemory =
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

for (const contract of [
  journalContract,
  partitionConsumerContract,
  timersContract,
  commandQueueContract,
  snapshotsContract,
  registryContract,
  busContract,
])
  contract('memory', openMemory()).run();
journalContract('memory, three servers', openMemory(3)).run();

const test = outletsContract('memory', openMemory());
test.run();
