// Defects of limits: in how they grant, and in how holders give back.
import { createFold, standardRules, type Fold, type FoldRules } from '@pawl/core';
import type { Defect } from './defect.ts';

const foldWith = (rules: Partial<FoldRules>): Fold => createFold({ ...standardRules, ...rules });

const grantOneMore: FoldRules['grant'] = (change) => {
  const { capacity, ordered } = change.result();
  change.order(capacity + 1);
  change.grantFree();
  change.order(ordered);
};

/** The others are out of the queue while the last one is granted. */
const grantLast: FoldRules['grant'] = (change) => {
  for (;;) {
    const { waiting, places, capacity } = change.result();
    if (waiting.size === 0 || places.size >= capacity) return;
    const others = [...waiting.values()].slice(0, -1);
    for (const other of others) change.remove(other);
    change.grantFree();
    for (const other of others) change.restore(other);
  }
};

const takeAway: FoldRules['grant'] = (change) => {
  const { capacity } = change.result();
  for (const holder of [...change.result().holders()].toReversed())
    if (change.result().places.size > capacity) change.remove(holder);
  change.grantFree();
};

const keptAtTheEnd: Fold = (machine, state, entry) => {
  const step = createFold(standardRules)(machine, state, entry);
  if (step.state?.status !== 'done') return step;
  const effects = step.effects.filter(
    (effect) => effect.kind !== 'peer' || effect.event.type !== 'pawl.release',
  );
  return { ...step, effects };
};

/** Defects of limits. */
export const limitDefects: readonly Defect[] = [
  {
    name: 'one-too-many',
    about: 'A limit counts wrongly: one more than the capacity is granted.',
    scenario: 'harbour',
    plant: () => ({ fold: foldWith({ grant: grantOneMore }) }),
  },
  {
    name: 'last-come-first-served',
    about: 'A limit grants to the last in its queue: the first may wait for ever.',
    scenario: 'harbour',
    plant: () => ({ fold: foldWith({ grant: grantLast }) }),
  },
  {
    name: 'lowering-takes-away',
    about: 'A lowered capacity takes permits away from those who work under them.',
    scenario: 'harbour',
    plant: () => ({ fold: foldWith({ grant: takeAway }) }),
  },
  {
    name: 'permit-kept-at-the-end',
    about: 'An actor that ends does not give its permit back: nobody else ever gets it.',
    scenario: 'harbour',
    plant: () => ({ fold: keptAtTheEnd }),
  },
  {
    name: 'stale-grant',
    about: 'The grant of an earlier request lets an actor in that has asked anew.',
    scenario: 'harbour',
    plant: () => ({
      fold: foldWith({
        permitVerdict: (permit, generation, scope) =>
          permit?.scopes[permit.held] === scope
            ? 'awaited'
            : standardRules.permitVerdict(permit, generation, scope),
      }),
    }),
  },
];
