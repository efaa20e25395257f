// The contract of journal against the memory broker.
import { journalContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = journalContract('memory', openMemory());

test.run();
