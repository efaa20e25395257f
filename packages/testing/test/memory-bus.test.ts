// The contract of bus against the memory broker.
import { busContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = busContract('memory', openMemory());

test.run();
