// Entries that end each host that folds them: after three takeovers that ended there the actor is
// faulted, and all others go on.
import { fold, schemasOf, type Fold } from '@pawl/core';
import type { MemoryPorts } from '@pawl/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { SHORT_BACKLOG } from '../src/partition/recovery-rule.ts';
import { HostWorld, MACHINES } from './world/host-world.ts';

const test = suite('poison');

/** What a guard does to its process. Outside a host it is folded in vain, which agreement shows. */
let explode = (): void => {
  throw new Error('An entry was folded that must not be.');
};

const bomb = schemasOf({
  input: z.object({ isLive: z.boolean().optional() }),
  context: z.object({ ticks: z.number() }),
  events: { TICK: z.object({}), BOOM: z.object({}) },
});

const bombMachineOf = (version: string, isMended: boolean = false) =>
  setup({
    types: bomb.types,
    schemas: bomb.schemas,
    guards: {
      burns: () => {
        if (!isMended) explode();
        return true;
      },
    },
  }).createMachine({
    id: 'bomb',
    version,
    context: ({ input }) => {
      if (input.isLive === true) explode();
      return { ticks: 0 };
    },
    on: {
      TICK: { actions: assign({ ticks: ({ context }) => context.ticks + 1 }) },
      BOOM: { guard: 'burns', actions: assign({ ticks: ({ context }) => context.ticks + 100 }) },
    },
  });

const machines = { ...MACHINES, bomb: [bombMachineOf('1'), bombMachineOf('2', true)] };
const bombOne = { type: 'bomb', id: 'b-1' };
const bombTwo = { type: 'bomb', id: 'b-2' };
const ledger = { type: 'ledger', id: 'total' };

const isMark = (subject: string): boolean => subject.startsWith('_recovery');

/** A world whose hosts die in the middle of a fold, like a process that exits. */
class Minefield {
  readonly world: HostWorld = new HostWorld();
  readonly dead: string[] = [];

  async start(...names: readonly string[]): Promise<void> {
    for (const name of names)
      await this.world.start(name, machines, {}, (connection) => this.#foldBy(connection));
  }

  #foldBy(connection: MemoryPorts['connection']): Fold {
    const { name } = connection;
    return (machine, state, entry) => {
      const outside = explode;
      explode = () => {
        if (this.dead.includes(name)) return;
        this.dead.push(name);
        connection.kill();
      };
      try {
        return fold(machine, state, entry);
      } finally {
        explode = outside;
      }
    };
  }

  add(by: number): Promise<number> {
    return this.world.append(ledger, 'event', { type: 'ADD', by });
  }

  async checkEnd(sum: number): Promise<void> {
    const { world } = this;
    await world.untilQuiet();
    assert.equal(world.saved(ledger)?.snapshot.context['sum'], sum, 'others go on');
    world.checkAgreement(machines);
    const mark = await world.within(world.ports.snapshots.loadRecovery('shop', 0));
    assert.is(mark, undefined, 'the takeover is over');
  }

  checkFaulted(actor: typeof bombOne, sequence: number): void {
    const { status, fault } = this.world.saved(actor) ?? {};
    assert.is(status, 'faulted');
    assert.is(fault?.sequence, sequence);
    assert.is(fault?.error.code, 'host-crashed');
    assert.match(fault?.error.message ?? '', `Entry ${sequence} (`);
  }
}

test('in ordinary work: one host ends, three takeovers end, the next one faults the actor', async () => {
  const field = new Minefield();
  const { world } = field;
  await field.start('one', 'two', 'three', 'four', 'five');
  await world.create(ledger);
  await world.create(bombOne, {});
  await world.create(bombTwo, {});
  await world.untilQuiet();
  await world.send(bombOne, { type: 'TICK' });
  const sequence = await world.send(bombOne, { type: 'BOOM' });
  await world.send(bombOne, { type: 'TICK' });
  await world.send(bombTwo, { type: 'TICK' });
  await field.add(1);
  await field.checkEnd(1);
  assert.is(field.dead.length, 4);
  field.checkFaulted(bombOne, sequence);
  assert.is(world.saved(bombOne)?.snapshot.context['ticks'], 1, 'the state before the entry');
  assert.is(world.saved(bombTwo)?.snapshot.context['ticks'], 1);
  assert.is(
    world.broker.entries(bombOne).filter(({ kindToken }) => kindToken === 'host').length,
    1,
  );
  await field.add(2);
  await field.checkEnd(3);
});

test('in a long backlog the first takeover folds at once, and one more ends', async () => {
  const field = new Minefield();
  const { world } = field;
  await world.create(ledger);
  await world.create(bombOne, {});
  for (let n = 0; n < SHORT_BACKLOG; n += 1) await field.add(1);
  const sequence = await world.send(bombOne, { type: 'BOOM' });
  await field.add(1);
  await field.start('one', 'two', 'three', 'four', 'five');
  await field.checkEnd(SHORT_BACKLOG + 1);
  assert.is(field.dead.length, 4);
  field.checkFaulted(bombOne, sequence);
});

test('two such entries of two actors in one backlog', async () => {
  const field = new Minefield();
  const { world } = field;
  await world.create(ledger);
  await world.create(bombOne, {});
  await world.create(bombTwo, {});
  const first = await world.send(bombOne, { type: 'BOOM' });
  await field.add(1);
  const second = await world.send(bombTwo, { type: 'BOOM' });
  await field.start('one', 'two', 'three', 'four', 'five', 'six', 'seven');
  await field.checkEnd(1);
  assert.is(field.dead.length, 6, 'three for each');
  field.checkFaulted(bombOne, first);
  field.checkFaulted(bombTwo, second);
});

test('a create: the actor is faulted at birth, and has no state', async () => {
  const field = new Minefield();
  const { world } = field;
  await world.create(ledger);
  const sequence = await world.create(bombOne, { isLive: true }, '');
  await field.start('one', 'two', 'three', 'four');
  await field.checkEnd(0);
  field.checkFaulted(bombOne, sequence);
  assert.is(world.saved(bombOne)?.snapshot.status, 'error');
});

test('hosts that end for other reasons in the middle of takeovers fault nobody', async () => {
  const field = new Minefield();
  const { world } = field;
  const ended = ['one', 'two', 'three', 'four'];
  await field.start(...ended, 'five');
  for (const [index, name] of ended.entries())
    world.killAt(name, ({ kind, subject }) => kind === 'save' && isMark(subject), {
      nth: index + 2, // There and back count: each ends at another entry, or on another way.
    });
  await world.create(ledger);
  for (let n = 0; n < 4; n += 1) await field.add(1);
  await field.checkEnd(4);
  assert.is(world.saved(ledger)?.status, 'active');
  const isClosed = (name: string): boolean =>
    world.hosts.get(name)?.ports.connection.state === 'closed';
  assert.ok(ended.filter(isClosed).length >= 3, 'three takeovers have ended');
});

test('a word about an entry that a slow host has folded all the same: what it made is void', async () => {
  const field = new Minefield();
  const { world } = field;
  await field.start('one');
  await world.create(ledger);
  await field.add(1);
  const sequence = await field.add(2);
  await field.add(4);
  await world.untilQuiet();
  assert.is(world.saved(ledger)?.snapshot.context['sum'], 7);
  const error = { code: 'host-crashed', message: `Entry ${sequence} (event) ended hosts.` };
  await world.append(ledger, 'host', { type: 'faulted', sequence, error });
  await field.checkEnd(1);
  field.checkFaulted(ledger, sequence);
});

test('an operator goes on without the entry, or folds it by a mended machine', async () => {
  const field = new Minefield();
  const { world } = field;
  await world.create(bombOne, {});
  await world.create(bombTwo, {});
  await world.create(ledger);
  for (const actor of [bombOne, bombTwo]) {
    await world.send(actor, { type: 'BOOM' });
    await world.send(actor, { type: 'TICK' });
  }
  await field.start('one', 'two', 'three', 'four', 'five', 'six', 'seven');
  await field.checkEnd(0);
  await world.append(bombOne, 'admin', { type: 'retry', by: 'ops' });
  await world.append(bombTwo, 'admin', { type: 'fold-again', version: '2', by: 'ops' });
  await world.send(bombOne, { type: 'TICK' });
  await field.checkEnd(0);
  assert.is(world.saved(bombOne)?.status, 'active');
  assert.is(world.saved(bombOne)?.snapshot.context['ticks'], 1);
  assert.is(world.saved(bombTwo)?.snapshot.context['ticks'], 101);
});

test('a takeover costs one mark and its end; ordinary work none', async () => {
  const field = new Minefield();
  const { world } = field;
  await world.create(ledger);
  for (let n = 0; n < SHORT_BACKLOG; n += 1) await field.add(1);
  let saves = 0;
  world.faults.push(({ kind, direction, subject }) => {
    if (kind === 'save' && direction === 'to-broker' && isMark(subject)) saves += 1;
    return 'carry';
  });
  await field.start('one');
  await world.untilQuiet();
  assert.is(saves, 2);
  for (let n = 0; n < 10; n += 1) await field.add(1);
  await field.checkEnd(SHORT_BACKLOG + 10);
  assert.is(saves, 2);
});

test('an emit that is not JSON faults its actor, and the process of its host goes on', async () => {
  const world = new HostWorld();
  const shop = setup({
    types: { events: {} as { type: 'PRICE'; text: string } },
  }).createMachine({
    id: 'shop',
    version: '1',
    on: {
      PRICE: { actions: emit(({ event }) => ({ type: 'price', value: Number(event.text) })) },
    },
  });
  await world.start('one', { ...MACHINES, shop });
  const shopOne = { type: 'shop', id: 's-1' };
  await world.create(shopOne);
  await world.create(ledger);
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  const answer = await world.ask(shopOne, 'event', { type: 'PRICE', text: 'abc' });
  // What a handler throws, XState throws again out of a real timer.
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.off('uncaughtException', note);
  assert.is(answer.outcome, 'faulted');
  assert.equal(uncaught, []);
  assert.is((await world.ask(ledger, 'event', { type: 'ADD', by: 1 })).outcome, 'applied');
});

test.run();
