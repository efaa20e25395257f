// Thousands of fresh worlds: they keep every promise, and meet every fault and crash point.
// Time limit: 1800 s
import { suite } from 'uvu';
import { simulate } from './simulate.ts';

const test = suite('simulation, thousands of worlds');

test('2000 of the shop', () => simulate({ scenario: 'shop', worlds: 2_000 }));

test('1000 of the harbour', () => simulate({ scenario: 'harbour', worlds: 1_000 }));

test.run();
