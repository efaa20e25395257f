// What a client is told is what happened: refusals told twice, lost answers, faults.
import { fold, foldTwice, PawlError, schemasOf, type Fold, type Ports } from '@pawl/core';
import { ActorFaultedError, openClient, type Client } from '@pawl/client';
import { startHost, type MachinesByType } from '@pawl/host';
import { createMemoryBroker, createVirtualClock, type VirtualClock } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, setup } from 'xstate';
import { z } from 'zod';

const test = suite('true answers');

const nothing = z.object({});
const { types, schemas } = schemasOf({
  input: z.object({ sides: z.number() }),
  context: z.object({ rolled: z.number(), taken: z.number() }),
  events: { TAKE: nothing, ROLL: nothing, CLOSE: nothing },
});

const dice = setup({ types, schemas }).createMachine({
  id: 'dice',
  version: '1',
  context: { rolled: 0, taken: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        TAKE: { actions: assign({ taken: ({ context }) => context.taken + 1 }) },
        ROLL: { actions: assign({ rolled: () => Math.random() }) },
        CLOSE: 'closed',
      },
    },
    closed: {},
  },
});

interface World {
  readonly clock: VirtualClock;
  readonly client: Client;
  /** A connection for what no client would append. */
  readonly ports: Ports;
  /** Steps folded so far. */
  readonly folded: () => number;
  /** Loses the next answers to clients. */
  loseAnswers: boolean;
  /** Another host of the service. */
  start(name: string, foldEntry?: Fold, machines?: MachinesByType): Promise<void>;
  during<Result>(call: Promise<Result>): Promise<Result>;
}

const open = async (): Promise<World> => {
  const clock = createVirtualClock();
  let count = 0;
  const broker = createMemoryBroker({
    clock,
    partitions: 1,
    network: ({ kind, subject }, carry) => {
      const isAnswer = kind === 'publish' && subject.startsWith('pawl.answer.');
      if (!(isAnswer && world.loseAnswers)) queueMicrotask(carry);
    },
  });
  const during = async <Result>(call: Promise<Result>): Promise<Result> => {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    call.then(note, note);
    for (let waited = 0; !isSettled && waited < 600; waited += 1) await clock.advance(100);
    return call;
  };
  const world: World = {
    clock,
    ports: broker.ports('test'),
    client: openClient({ ports: broker.ports('client'), clock }),
    folded: () => count,
    loseAnswers: false,
    start: async (name, foldEntry = fold, machines = { dice }) => {
      await during(
        startHost({
          ports: broker.ports(name),
          service: 'games',
          machines,
          name,
          clock,
          builtIns: false,
          fold: (...step) => {
            count += 1;
            return foldEntry(...step);
          },
        }),
      );
    },
    during,
  };
  return world;
};

const errorOf = async (world: World, call: Promise<unknown>): Promise<PawlError> => {
  try {
    await world.during(call);
  } catch (error) {
    if (error instanceof PawlError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
};

test('a refusal repeated under its id is the refusal again, also where there is no actor', async () => {
  const world = await open();
  await world.start('one');
  const missing = world.client.actor('dice', 'none');
  const present = world.client.actor('dice', 'd-1');
  await world.during(present.create({ sides: 6 }));
  await world.during(present.send({ type: 'CLOSE' }));
  const startedAt = world.clock.now();
  for (let call = 0; call < 2; call += 1) {
    const unborn = await errorOf(world, missing.send({ type: 'TAKE' }, { id: 'again' }));
    assert.is(unborn.code, 'no-such-actor');
    const refused = await errorOf(world, missing.create({ sides: 'six' }, { id: 'born' }));
    assert.is(refused.code, 'invalid-input');
    const closed = await errorOf(world, present.send({ type: 'TAKE' }, { id: 'again' }));
    assert.is(closed.code, 'event-refused');
  }
  assert.ok(world.clock.now() - startedAt < 3_000, 'nobody waited for an answer in vain');
});

test('a lost answer, or a duplicate, does not fold the journal again', async () => {
  const world = await open();
  await world.start('one');
  const actor = world.client.actor(dice, 'd-1');
  await world.during(actor.create({ sides: 6 }));
  for (let sent = 0; sent < 20; sent += 1) await world.during(actor.send({ type: 'TAKE' }));
  const before = world.folded();
  world.loseAnswers = true;
  const state = await world.during(actor.send({ type: 'TAKE' }, { id: 'lost' }));
  assert.is(state.context.taken, 21);
  const again = await world.during(actor.send({ type: 'TAKE' }, { id: 'lost' }));
  assert.is(again.context.taken, 21);
  assert.is(world.folded(), before + 1);
});

test('send never resolves with a faulted actor, and the history names the entry', async () => {
  const world = await open();
  await world.start('one', foldTwice);
  const actor = world.client.actor('dice', 'd-1');
  await world.during(actor.create({ sides: 6 }));
  world.loseAnswers = true;
  const lost = await errorOf(world, actor.send({ type: 'ROLL' }));
  assert.instance(lost, ActorFaultedError);
  world.loseAnswers = false;
  const later = await errorOf(world, actor.send({ type: 'TAKE' }));
  assert.instance(later, ActorFaultedError);
  // A host that folds once would not notice: the state says which entry it was.
  await world.start('two');
  for (let asked = 0; asked < 4; asked += 1) {
    const history = await world.during(actor.history());
    assert.equal(
      history.map(({ event, outcome }) => [event, outcome.kind]),
      [
        ['create', 'applied'],
        ['ROLL', 'faulted'],
        ['TAKE', 'refused'],
      ],
    );
  }
});

test('nor when the host that has the partition lacks the machine', async () => {
  const world = await open();
  const cards = setup({}).createMachine({
    id: 'cards',
    version: '1',
    initial: 'a',
    states: { a: {} },
  });
  await world.start('one', fold, { cards });
  await world.start('two', foldTwice);
  const actor = world.client.actor('dice', 'd-1');
  await world.during(actor.create({ sides: 6 }, { timeoutMs: 60_000 }));
  for (let sent = 0; sent < 4; sent += 1) {
    const error = await errorOf(world, actor.send({ type: 'ROLL' }));
    assert.instance(error, ActorFaultedError);
  }
  const history = await world.during(actor.history());
  const rolls = history.filter(({ event }) => event === 'ROLL');
  assert.equal(
    rolls.map(({ outcome }) => outcome.kind),
    ['faulted', 'refused', 'refused', 'refused'],
  );
});

test('an entry that cannot be read has its kind in the history', async () => {
  const world = await open();
  await world.start('one');
  const actor = world.client.actor('dice', 'd-1');
  await world.during(actor.create({ sides: 6 }));
  const body = new TextEncoder().encode('no data');
  for (const kindToken of ['reply-works', 'create', 'whisper'])
    await world.during(world.ports.journal.append({ type: 'dice', id: 'd-1', kindToken, body }));
  const history = await world.during(actor.history());
  assert.equal(
    history.map(({ kind }) => kind),
    ['create', 'reply', 'create', 'event'],
  );
});

test.run();
