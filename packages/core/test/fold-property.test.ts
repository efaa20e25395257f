// Property: the fold does what a live createActor() does, step by step, on random statecharts.
// Many more of them: npm test -- test/fault
import { suite } from 'uvu';
import { checkWalks } from './walk/check-walks.ts';

const test = suite('fold and live XState');

test('agree on value, context, history, children and effects', () => checkWalks(4_000, 30));

test.run();
