// The demo's workload while its host is killed: everything is made, and once. More of it, and more
// kills: npm test -- test/fault
import { suite } from 'uvu';
import { runKilled } from './killed-run.ts';

const test = suite('demo, its host killed');

test('three kills', () => runKilled(20_261_124, 3));

test.run();
