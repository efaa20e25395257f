// All ports over one connection to the memory broker.
import type { Ports } from '@pawl/core';
import type { BrokerState } from './broker-state.ts';
import type { Connection } from './connection.ts';
import { MemoryBus } from './memory-bus.ts';
import { MemoryCommandQueue } from './memory-command-queue.ts';
import { MemoryJournal } from './memory-journal.ts';
import {
  createMemoryDeadLetters,
  createMemoryEmitted,
  createMemoryProgress,
} from './memory-outlets.ts';
import {
  createMemoryRegistry,
  createMemorySnapshots,
  createMemoryTimers,
  createMemoryVisits,
} from './memory-stores.ts';

/** The ports of one process, and the connection they share. */
export interface MemoryPorts extends Ports {
  readonly connection: Connection;
}

/** Opens them. */
export const portsOf = (state: BrokerState, connection: Connection): MemoryPorts => ({
  connection,
  subjects: state.subjects,
  journal: new MemoryJournal(state, connection),
  timers: createMemoryTimers(state, connection),
  commands: new MemoryCommandQueue(state, connection),
  snapshots: createMemorySnapshots(state, connection),
  registry: createMemoryRegistry(state, connection),
  bus: new MemoryBus(state, connection),
  emitted: createMemoryEmitted(state, connection),
  progress: createMemoryProgress(state, connection),
  deadLetters: createMemoryDeadLetters(state, connection),
  visits: createMemoryVisits(state),
});
