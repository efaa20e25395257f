// The contract of snapshots against the memory broker.
import { snapshotsContract } from '@pawl/testing/contracts';
import { openMemory } from './memory-contract-broker.ts';

const test = snapshotsContract('memory', openMemory());

test.run();
