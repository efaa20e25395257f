// The simulated shop: four types of actors that use all effects, and what clients do to them.
import type { ActorState } from '@pawl/core';
import type { Random } from '../random.ts';
import type { Action, Scenario, SimulatedEvent } from '../scenario.ts';
import { count, SHOP } from './commands.ts';
import { counter, type CounterContext } from './counter.machine.ts';
import { createOrder, type OrderContext } from './order.machine.ts';
import { parcel } from './parcel.machine.ts';
import { racer } from './racer.machine.ts';
import { shopTasks } from './tasks.ts';

const ORDERS = 9;
const COUNTERS = 4;
const RACERS = 7;
const EVENTS = 285;

/** Clients are done after this, ms. */
const BUSY_MS = 100_000;

const ORDER_EVENTS = ['START', 'START', 'PROBE', 'SHIP', 'PAIR', 'CANCEL', 'NOTE', 'NOTE'] as const;
const RACER_EVENTS = ['RACE', 'ARM', 'ARM', 'TICK', 'TICK', 'TICK', 'WHISTLE', 'HUSH'] as const;

const numbered = (type: string, total: number): string[] =>
  Array.from({ length: total }, (_, index) => `${type}-${index + 1}`);

const births = (random: Random): Action[] => {
  const inputs = [
    ...numbered('counter', COUNTERS).map((id) => ({ type: 'counter', id, input: {} })),
    ...numbered('order', ORDERS).map((id) => ({
      type: 'order',
      id,
      input: { id, counter: `counter-${random.integer(1, COUNTERS)}` },
    })),
    ...numbered('racer', RACERS).map((id) => ({ type: 'racer', id, input: {} })),
  ];
  return inputs.map(({ type, id, input }, index) => ({
    kind: random.isChance(0.15) ? 'plain-create' : 'create',
    type,
    id,
    input,
    // Counters first: reports to nobody would be refused.
    at: index < COUNTERS ? 0 : random.isChance(0.8) ? random.integer(50, 4_000) : 20_000,
  }));
};

const eventFor = (random: Random, type: string): SimulatedEvent => {
  if (type === 'counter') return { type: 'ADD', amount: 1 };
  if (type === 'racer') return { type: random.pick(RACER_EVENTS) };
  return { type: random.isChance(0.01) ? 'CLOSE' : random.pick(ORDER_EVENTS) };
};

/** One thing that somebody does. */
const deed = (random: Random, at: number): Action => {
  const draw = random.next();
  const type = draw < 0.62 ? 'order' : draw < 0.92 ? 'racer' : 'counter';
  const total = type === 'order' ? ORDERS : type === 'racer' ? RACERS : COUNTERS;
  const id = `${type}-${random.integer(1, total)}`;
  const how = random.next();
  if (how < 0.02) return { kind: 'load', type, id, at };
  const event = eventFor(random, type);
  const kind = how < 0.05 ? 'plain-send' : how < 0.07 ? 'stolen-id' : 'send';
  return { kind, type, id, event, at };
};

const actions = (random: Random): readonly Action[] => {
  const deeds = Array.from({ length: EVENTS }, () => deed(random, random.integer(100, BUSY_MS)));
  const jobs = numbered('count', 6).map((id, index): Action => ({
    kind: 'job',
    type: 'job',
    id,
    run: (client, job) => client.run(count, { serial: index }, { id: job }),
    at: random.integer(100, BUSY_MS),
  }));
  return [...births(random), ...deeds, ...jobs].toSorted((one, other) => one.at - other.at);
};

const stateOf = <Context>(state: ActorState): Context => state.snapshot.context as Context;

/** Every report arrived once and in order; no answer went to another question. */
const check = (states: ReadonlyMap<string, ActorState>): readonly string[] => {
  const problems: string[] = [];
  for (const [key, state] of states) {
    const { flaws = [] } = stateOf<{ readonly flaws?: readonly string[] }>(state);
    for (const flaw of flaws) problems.push(`${key}: ${flaw}`);
    if (state.type !== 'order') continue;
    const { id, sent, counter: receiver } = stateOf<OrderContext>(state);
    const other = states.get(`counter/${receiver}`);
    const counted = other && stateOf<Partial<CounterContext>>(other).tally?.[id];
    if (sent !== (counted ?? 0)) problems.push(`${key}: sent ${sent} reports, ${counted} counted`);
  }
  return problems;
};

/** The shop. */
export const shop: Scenario = {
  service: SHOP,
  machines: { order: [createOrder('1'), createOrder('2')], counter, racer, parcel },
  tasks: shopTasks,
  actions,
  check,
};
