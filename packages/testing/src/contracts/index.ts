// What @pawl/testing/contracts offers: one suite for each port, to be run against every adapter.
export { busContract } from './bus.contract.ts';
export { commandQueueContract } from './command-queue.contract.ts';
export { journalContract } from './journal.contract.ts';
export { outletsContract } from './outlets.contract.ts';
export { partitionConsumerContract } from './partition-consumer.contract.ts';
export { registryContract } from './registry.contract.ts';
export { snapshotsContract } from './snapshots.contract.ts';
export { timersContract } from './timers.contract.ts';
export { waitInRealTime, waitInVirtualTime } from './wait-for.ts';
export type {
  ContractBroker,
  ContractConnection,
  OpenBroker,
  WaitOptions,
} from './contract-broker.ts';
