// What a log line says of an error.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorFields, PawlError } from '../src/index.ts';

const test = suite('log');

test('an error of Pawl: its text, its code and all that caused it, without a stack', () => {
  const refused = Object.assign(new Error('connect 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  const cause = new TypeError('fetch failed', { cause: refused });
  assert.equal(errorFields(new PawlError('no-server', 'Nobody is there.', { cause })), {
    error: 'Nobody is there.',
    code: 'no-server',
    cause: 'TypeError: fetch failed <- ECONNREFUSED: connect 127.0.0.1:1',
  });
});

test('any other error is a fault of a program: its stack says where', () => {
  const { error, stack, code } = errorFields(new TypeError('no such thing'));
  assert.equal([error, code], ['no such thing', undefined]);
  assert.match(String(stack), /log\.test\.ts/);
});

test('what is no error is told as data, and a circle of causes ends', () => {
  assert.equal(errorFields({ status: 3 }), { error: 'Not an Error: {"status":3}' });
  const one = new PawlError('closed', 'One.');
  one.cause = one;
  assert.is(String(errorFields(one)['cause']).split(' <- ').length, 4);
});

test.run();
