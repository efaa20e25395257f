// The contract of command queue against the memory broker.
import { commandQueueContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = commandQueueContract('memory', openMemory());

test.run();
