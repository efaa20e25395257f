// The rules of the delivery cursor: exact order, or one RESET.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  resettingCursor,
  startCursor,
  takeDelivery,
  unpinnedCursor,
  type DeliveryCursor,
  type DeliveryVerdict,
} from '@pawl/host';

const test = suite('delivery cursor');

type Position = [consumerSequence: number, pinId?: string, isRedelivery?: boolean];

const verdictsOf = (...positions: Position[]): DeliveryVerdict[] => {
  let cursor: DeliveryCursor = startCursor;
  return positions.map(([consumerSequence, pinId = 'a', isRedelivery = false]) => {
    const taken = takeDelivery(cursor, { consumerSequence, pinId, isRedelivery });
    cursor = taken.cursor;
    return taken.verdict;
  });
};

test('follows deliveries in order', () => {
  assert.equal(verdictsOf([1], [2], [3]), ['begin', 'fold', 'fold']);
});

test('a host that comes in the middle asks for everything again', () => {
  assert.equal(verdictsOf([14]), ['reset']);
});

test('one lost delivery makes one RESET, and all is dropped until sequence 1', () => {
  assert.equal(verdictsOf([1], [3], [4], [5], [1], [2]), [
    'begin',
    'reset',
    'drop',
    'drop',
    'begin',
    'fold',
  ]);
});

test('a redelivery and another pin mean that somebody else had the partition', () => {
  assert.equal(verdictsOf([1], [2, 'a', true]), ['begin', 'reset']);
  assert.equal(verdictsOf([1], [2, 'b']), ['begin', 'reset']);
});

test('sequence 1 never asks for a RESET, whatever comes with it', () => {
  assert.equal(verdictsOf([1], [2], [1, 'b', true], [2, 'b']), ['begin', 'fold', 'begin', 'fold']);
});

test('what still arrives under a lost pin is dropped, also with sequence 1', () => {
  const following = takeDelivery(startCursor, {
    consumerSequence: 1,
    pinId: 'a',
    isRedelivery: false,
  }).cursor;
  const cursor = unpinnedCursor(following);
  const verdictOf = (consumerSequence: number, pinId: string): DeliveryVerdict =>
    takeDelivery(cursor, { consumerSequence, pinId, isRedelivery: false }).verdict;
  assert.is(verdictOf(2, 'a'), 'drop');
  assert.is(verdictOf(1, 'a'), 'drop');
  assert.is(verdictOf(2, 'b'), 'reset');
  assert.is(verdictOf(1, 'b'), 'begin');
  assert.is(unpinnedCursor(resettingCursor), startCursor);
});

test.run();
