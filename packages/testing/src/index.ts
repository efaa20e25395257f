// What @pawl/testing offers: an actor under test, a virtual clock, a broker in memory, simulation.
export { testActor, type TestActor, type TestActorOptions } from './actor/test-actor.ts';
export { childActor } from './actor/child-actor.ts';
export {
  failed,
  never,
  pending,
  type Polls,
  type ScriptedOutcome,
  type ScriptedTask,
  type TaskScript,
  type Unanswered,
} from './actor/task-script.ts';
export type { ChildActor, ChildScript, ChildScripts } from './actor/machine-scripts.ts';
export type { TaskScripts } from './actor/machine-scripts.ts';
export { createVirtualClock, type VirtualClock } from './clock/virtual-clock.ts';
export { durationMs, type Duration } from './clock/duration.ts';
export { freePort } from './free-port.ts';
export {
  createMemoryBroker,
  type MemoryBroker,
  type MemoryBrokerOptions,
  type PartitionStatus,
} from './memory/memory-broker.ts';
export type { MemoryPorts } from './memory/memory-ports.ts';
export type { Connection, ConnectionOptions, ConnectionState } from './memory/connection.ts';
export type { QueuedCommand } from './memory/command-stream.ts';
export type { Replicas } from './memory/journal-stream.ts';
export { promptNetwork, type Crossing, type CrossingKind, type Network } from './memory/network.ts';
export {
  simulate,
  type BrokenWorld,
  type SimulateOptions,
  type SimulationReport,
} from './simulation/simulate.ts';
export type { Action, SimulatedEvent, TaskWorld } from './simulation/scenario.ts';
