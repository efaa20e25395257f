// The contract of outlets against the memory broker.
import { outletsContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = outletsContract('memory', openMemory());

test.run();
