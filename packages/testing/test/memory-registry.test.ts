// The contract of registry against the memory broker.
import { registryContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = registryContract('memory', openMemory());

test.run();
