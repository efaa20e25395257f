// Bad input of clients and services, as a table: a stable code, a message that helps, nothing
// changed, nothing lost.
import { startHost, type Client } from 'pawl';
import { suite } from 'uvu';
import { assign, createMachine } from 'xstate';
import {
  caught,
  checkError,
  checkNext,
  client,
  close,
  connection,
  type Expected,
} from './scenario/bad-input-world.ts';
import { counter } from './scenario/counter.machine.ts';

const test = suite('bad input');

const untyped = (type: string, id: string): ReturnType<Client['actor']> => client.actor(type, id);

interface Row extends Expected {
  readonly name: string;
  readonly act: () => Promise<unknown>;
}

const big = 'x'.repeat(1_100_000);
const rows: readonly Row[] = [
  {
    name: 'an event to an unknown type',
    act: () => untyped('countre', 'x').send({ type: 'ADD' }),
    code: 'unknown-type',
    says: [/countre/, /counter/],
  },
  {
    name: 'a create of an unknown type',
    act: () => untyped('nothing', 'x').create({}),
    code: 'unknown-type',
    says: [/nothing/],
  },
  {
    name: 'an unknown event',
    act: () => untyped('counter', 'good').send({ type: 'ADDD', by: 1 }),
    code: 'unknown-event',
    says: [/ADDD/, /ADD\b/],
  },
  {
    name: 'an event that fails its schema',
    act: () => untyped('counter', 'good').send({ type: 'ADD', by: 'one' }),
    code: 'invalid-event',
    says: [/ADD/, /by/],
  },
  {
    name: 'an input that fails its schema',
    act: () => untyped('counter', 'new').create({ start: 'zero' }),
    code: 'invalid-input',
    says: [/counter/, /start/],
  },
  {
    name: 'an event that the state does not take',
    act: () => client.actor(counter, 'good').send({ type: 'OPEN' }),
    code: 'event-refused',
    says: [/OPEN/, /counting/],
  },
  {
    name: 'a malformed id',
    act: async () => untyped('counter', 'a.b').send({ type: 'ADD', by: 1 }),
    code: 'invalid-id',
    says: [/a\.b/, /A-Za-z0-9/],
  },
  {
    name: 'a malformed type',
    act: async () => untyped('Counter', 'a').send({ type: 'ADD', by: 1 }),
    code: 'invalid-type',
    says: [/Counter/],
  },
  {
    name: 'a payload over the limit',
    act: () => untyped('counter', 'good').send({ type: 'ADD', by: 1, note: big }),
    code: 'payload-too-large',
    says: [/counter/, /byte/],
  },
  {
    name: 'an event that would make the actor larger than its machine allows',
    act: () => untyped('note', 'n-1').send({ type: 'KEEP', text: 'x'.repeat(10_000) }),
    code: 'payload-too-large',
    says: [/note\/n-1/, /10000 characters/, /contextMax/],
  },
  {
    name: 'an actor that is larger than an answer',
    act: () => untyped('book', 'b-1').send({ type: 'KEEP', text: 'x'.repeat(600_000) }),
    code: 'payload-too-large',
    says: [/was applied/, /book\/b-1/, /max_payload/],
  },
  {
    name: 'a look at an actor that is larger than an answer',
    act: () => untyped('book', 'b-1').load(),
    code: 'payload-too-large',
    says: [/book\/b-1/, /max_payload/],
  },
  {
    name: 'a second create',
    act: () => client.actor(counter, 'good').create({ start: 5 }),
    code: 'actor-exists',
    says: [/counter\/good/, /ifExists/],
  },
  {
    name: 'an event before the create',
    act: () => client.actor(counter, 'unborn').send({ type: 'ADD', by: 1 }),
    code: 'no-such-actor',
    says: [/counter\/unborn/, /[Cc]reate/],
  },
  {
    name: 'an event to an ended actor',
    act: () => client.actor(counter, 'ended').send({ type: 'ADD', by: 1 }),
    code: 'actor-ended',
    says: [/counter\/ended/],
  },
  {
    name: 'a machine that fails the registration check',
    act: () =>
      startHost({
        connection,
        service: 'bad',
        machines: { bad: createMachine({ id: 'bad', entry: () => console.log('side effect') }) },
      }),
    code: 'machine-invalid',
    says: [/bad/, /version/, /side effect|custom action|action/],
  },
  {
    name: 'a type that another service owns',
    act: () => startHost({ connection, service: 'thief', machines: { counter } }),
    code: 'type-claimed',
    says: [/counter/, /count\b/, /thief/],
  },
  {
    name: 'the same version with another digest',
    act: () => {
      const changed = createMachine({
        id: 'counter',
        version: '1',
        context: { count: 0 },
        on: { ADD: { actions: assign({ count: 1 }) } },
      });
      return startHost({ connection, service: 'count', machines: { counter: changed } });
    },
    code: 'machine-changed',
    says: [/counter/, /version/],
  },
];

for (const { name, act, ...expected } of rows)
  test(name, async () => {
    checkError(await caught(act), expected);
    await checkNext();
  });

test.after(close);

test.run();
