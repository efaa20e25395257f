// A command off the wire: complete, and the one that its subject names.
import { encodeBody, encodeJson, PawlError } from '@pawl/core';
import type { CommandBody, CommandDelivery } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCommand } from '../src/read-command.ts';

const actor = { type: 'volume', id: 'vol-1' };
const generation = '12-0-k3v9x1q7';
const body: CommandBody = {
  task: 'create-volume',
  actor,
  path: 'create',
  generation,
  input: { name: 'data' },
  attempt: 1,
  idempotencyKey: `volume/vol-1/create@${generation}`,
  class: 'regular',
  timeoutMs: 60_000,
  deadlineAt: 2_000,
  decidedAt: 1_000,
};

const deliveryOf = (bytes: Uint8Array): CommandDelivery => ({
  subject: { class: 'regular', service: 'storage', task: 'create-volume', actor, generation },
  headers: {},
  body: bytes,
  deliveryCount: 1,
  storedAt: 0,
  ack: () => Promise.resolve(),
  nak: () => undefined,
  extend: () => undefined,
});

const codeOf = (bytes: Uint8Array): string | undefined => {
  try {
    readCommand(deliveryOf(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof PawlError) return error.code;
    throw error;
  }
};

const test = suite('read command');

test('MessagePack and JSON give the same command', () => {
  assert.equal(readCommand(deliveryOf(encodeBody(body))), body);
  assert.equal(readCommand(deliveryOf(encodeJson(body))), body);
});

test('a missing or mistyped field is told', () => {
  for (const field of Object.keys(body).filter((name) => name !== 'input')) {
    assert.is(codeOf(encodeBody({ ...body, [field]: undefined })), 'invalid-entry', field);
    assert.is(codeOf(encodeBody({ ...body, [field]: true })), 'invalid-entry', field);
  }
});

test('a body may not speak for another command than its subject', () => {
  const others: Partial<CommandBody>[] = [
    { task: 'delete-volume' },
    { generation: '13-0-k3v9x1q7' },
    { actor: { type: 'volume', id: 'vol-2' } },
    { actor: { type: 'disk', id: 'vol-1' } },
  ];
  for (const other of others)
    assert.is(codeOf(encodeBody({ ...body, ...other })), 'invalid-entry', JSON.stringify(other));
});

test('bytes that are no body, and forbidden keys, are told', () => {
  const text = (source: string): Uint8Array => new TextEncoder().encode(source);
  assert.is(codeOf(text('{"task":')), 'invalid-body');
  assert.is(codeOf(text('[1]')), 'invalid-body');
  assert.is(codeOf(text('{"__proto__":{}}')), 'forbidden-key');
});

test.run();
