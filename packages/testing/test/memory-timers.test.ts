// The contract of timers against the memory broker.
import { timersContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = timersContract('memory', openMemory());

test.run();
