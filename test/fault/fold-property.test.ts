// Property: the fold does what a live createActor() does, on many random statecharts.
// Time limit: 600 s
import { suite } from 'uvu';
import { checkWalks } from '../../packages/core/test/walk/check-walks.ts';

const test = suite('fold and live XState, at length');

test('agree on value, context, history, children and effects', () => checkWalks(24_000, 300));

test.run();
