// The contract of the journal against the memory broker that behaves like three servers.
import { journalContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = journalContract('memory, three servers', openMemory(3));

test.run();
