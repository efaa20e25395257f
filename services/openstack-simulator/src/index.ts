// The simulator's public names.
export type { Clock } from './clock.ts';
export type { Durations } from './durations.ts';
export type { Failure, FailureRule } from './failure-rule.ts';
export type { FailureReport } from './failures.ts';
export type { LedgerEntry, LedgerFilter } from './ledger.ts';
export { OPERATIONS } from './operations.ts';
export type { Operation } from './operations.ts';
export type { Provisioning, ProvisioningCount } from './provisioning.ts';
export type { Resources, ServerResource, VolumeResource } from './resources.ts';
export { startOpenStackSimulator } from './simulator.ts';
export type { OpenStackSimulator, SimulatorOptions } from './simulator.ts';
