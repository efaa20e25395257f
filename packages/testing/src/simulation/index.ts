// What @pawl/testing/simulation offers: simulated worlds, their crew, and defects to plant.
export { simulate } from './simulate.ts';
export type { BrokenWorld, SimulateOptions, SimulationReport } from './simulate.ts';
export { runCrew, type CrewOptions, type WorldNews } from './crew.ts';
export { DEFECTS, defectOf } from './defects/all-defects.ts';
export type { Defect } from './defects/defect.ts';
export type { Violation } from './evidence.ts';
export {
  CRASH_POINTS,
  crashPointName,
  FAULT_KINDS,
  type CrashPoint,
  type Fault,
  type FaultKind,
} from './fault.ts';
export { createRandom, type Random } from './random.ts';
export { brokenText, countsText, neverSeen } from './report.ts';
export type { Promises, Tally } from './promises.ts';
export { runWorld, type RunOptions, type WorldResult } from './run-world.ts';
export type {
  Action,
  Closing,
  Scenario,
  ScenarioName,
  SimulatedEvent,
  TaskWorld,
} from './scenario.ts';
export type { ShortWorld } from './shrink.ts';
export { harbour } from './harbour/harbour.ts';
export { shop } from './shop/shop.ts';
export { SCENARIOS, scenarioWorld, type WorldChoice } from './scenario-world.ts';
export type { Planted, WorldOptions } from './world.ts';
