// The contract suites of all ports, on a real nats-server.
import {
  busContract,
  commandQueueContract,
  journalContract,
  outletsContract,
  partitionConsumerContract,
  registryContract,
  snapshotsContract,
  timersContract,
  waitInRealTime,
  type OpenBroker,
} from '@pawl/testing/contracts';
import { startTestServer } from './server.ts';

const COMMAND_ACK_WAIT_MS = 1_500;

const openBroker: OpenBroker = async () => {
  const server = await startTestServer({ topology: { partitions: 4 } });
  return {
    waitFor: waitInRealTime,
    commandAckWaitMs: COMMAND_ACK_WAIT_MS,
    async connect() {
      const options = { commandAckWaitMs: COMMAND_ACK_WAIT_MS };
      const { connection, ports } = await server.open(options);
      return { ports, end: () => connection.close() };
    },
    close: () => server.stop(),
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
  contract('JetStream', openBroker).run();

const test = outletsContract('JetStream', openBroker);
test.run();
