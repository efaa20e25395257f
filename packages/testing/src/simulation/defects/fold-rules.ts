// Defects of the fold, planted in its rules or in a machine.
import { createFold, standardRules, type Fold, type FoldRules } from '@pawl/core';
import { assign, setup } from 'xstate';
import type { Scenario } from '../scenario.ts';
import { shop } from '../shop/shop.ts';
import type { Defect } from './defect.ts';

const foldWith = (rules: Partial<FoldRules>): Fold => createFold({ ...standardRules, ...rules });

/** A counter that keeps a Date in its context, as no snapshot can. */
const datedCounter = setup({
  types: { context: {} as { at: Date | undefined }, events: {} as { type: 'ADD' | 'COUNT' } },
}).createMachine({
  id: 'counter',
  version: '1',
  context: { at: undefined },
  on: { ADD: { actions: assign({ at: () => new Date(0) }) }, COUNT: {} },
});

const datedShop: Scenario = { ...shop, machines: { ...shop.machines, counter: datedCounter } };

/** Defects of the fold. */
export const foldDefects: readonly Defect[] = [
  {
    name: 'peer-after-the-window',
    about: 'A repeated peer event is taken again: the receiver counts it twice.',
    plant: () => ({ fold: foldWith({ isNewer: () => true }) }),
  },
  {
    name: 'stale-reply',
    about: 'A reply to an earlier command settles the one that is waited for now.',
    plant: () => ({ fold: foldWith({ attemptOf: () => 'current' }) }),
  },
  {
    name: 'stale-timer',
    about: 'A timer of an earlier generation fires the one that is armed now.',
    plant: () => ({
      fold: foldWith({ isCurrentTimer: (timer): timer is NonNullable<typeof timer> => !!timer }),
    }),
  },
  {
    name: 'arming-order',
    about: 'Overdue timers take effect in the order in which the broker fires them.',
    plant: () => ({ fold: foldWith({ overdueBefore: () => [] }) }),
  },
  {
    name: 'date-in-context',
    about: 'A context holds a Date: memory and snapshot are not the same any more.',
    plant: () => ({ scenario: datedShop }),
  },
];
