// Options of a world of the shop or of the harbour, with or without a planted defect.
import { defectOf } from './defects/all-defects.ts';
import type { FaultKind } from './fault.ts';
import { harbour } from './harbour/harbour.ts';
import { harbourInvariants } from './harbour/invariants.ts';
import { harbourTally } from './harbour/tally.ts';
import type { Promises } from './promises.ts';
import type { RunOptions } from './run-world.ts';
import type { Scenario, ScenarioName } from './scenario.ts';
import { shop } from './shop/shop.ts';

/** What can be simulated by name. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = { shop, harbour };

/** What they promise. */
export const PROMISES: Readonly<Record<ScenarioName, Promises>> = {
  shop: {},
  harbour: { invariants: harbourInvariants, tally: harbourTally },
};

/** What is to be run. */
export interface WorldChoice {
  /** Default: that of the defect, or the shop. */
  readonly scenario?: ScenarioName | undefined;
  readonly defect?: string | undefined;
  readonly faultKinds?: readonly FaultKind[] | undefined;
}

/** Which scenario it is. */
export const scenarioNameOf = ({ scenario, defect }: WorldChoice): ScenarioName =>
  scenario ?? (defect === undefined ? undefined : defectOf(defect).scenario) ?? 'shop';

/** The options; a defect is planted afresh each time. */
export const scenarioWorld = (seed: string, choice: WorldChoice = {}): RunOptions => {
  const defect = choice.defect === undefined ? undefined : defectOf(choice.defect);
  const faultKinds = choice.faultKinds ?? defect?.faultKinds;
  return {
    seed,
    scenario: SCENARIOS[scenarioNameOf(choice)],
    promises: PROMISES[scenarioNameOf(choice)],
    ...(faultKinds !== undefined && { faultKinds }),
    ...(defect !== undefined && { planted: defect.plant() }),
  };
};
