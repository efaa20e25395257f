// The contract of partition consumer against the memory broker.
import { partitionConsumerContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = partitionConsumerContract('memory', openMemory());

test.run();
