// A planted defect: a decision that was wrong in a draft, and what it breaks.
import type { FaultKind } from '../fault.ts';
import type { ScenarioName } from '../scenario.ts';
import type { Planted } from '../world.ts';

/** A defect that the simulation must find. */
export interface Defect {
  readonly name: string;
  /** What is wrong, and what comes of it. */
  readonly about: string;
  /** Fresh for each world: some keep notes. */
  readonly plant: () => Planted;
  /** Where it shows. Default: in the shop. */
  readonly scenario?: ScenarioName;
  /** Kinds of faults under which it shows; without, all. */
  readonly faultKinds?: readonly FaultKind[];
}
