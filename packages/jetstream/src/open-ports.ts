// openPorts(): all ports on one connection.
import { systemClock, type Clock, type Ports } from '@pawl/core';
import { openBroker } from './broker.ts';
import { NatsBus } from './bus.ts';
import { JetStreamCommandQueue } from './command-queue.ts';
import { checkConnection, type Connection } from './connection.ts';
import { JetStreamDeadLetters } from './dead-letters.ts';
import { JetStreamEmittedEvents } from './emitted-events.ts';
import { JetStreamJournal } from './journal.ts';
import { JetStreamProgress } from './progress.ts';
import { JetStreamRegistry } from './registry.ts';
import { JetStreamSnapshots } from './snapshots.ts';
import { JetStreamTimers } from './timers.ts';
import { JetStreamVisits } from './visits.ts';

/** How the ports are opened. */
export interface OpenPortsOptions {
  /** The prefix of the topology; default `pawl`. */
  readonly prefix?: string;
  readonly clock?: Clock;
  /** How long a silent worker keeps a command, ms. The same in all workers. Default 30,000. */
  readonly commandAckWaitMs?: number;
}

/** Ports that can be closed. */
export interface OpenPorts extends Ports {
  /** Waits for the outcome of what is on its way, then stops. The connection stays open. */
  close(): Promise<void>;
}

/** Opens all ports. Throws `wrong-client` unless the connection came from `connect()`. */
export const openPorts = (connection: Connection, options: OpenPortsOptions = {}): OpenPorts => {
  checkConnection(connection);
  const broker = openBroker(connection, options.prefix, options.clock ?? systemClock);
  return {
    subjects: broker.subjects,
    journal: new JetStreamJournal(broker),
    timers: new JetStreamTimers(broker),
    commands: new JetStreamCommandQueue(broker, options.commandAckWaitMs ?? 30_000),
    snapshots: new JetStreamSnapshots(broker),
    registry: new JetStreamRegistry(broker),
    bus: new NatsBus(broker),
    emitted: new JetStreamEmittedEvents(broker),
    progress: new JetStreamProgress(broker),
    deadLetters: new JetStreamDeadLetters(broker),
    visits: new JetStreamVisits(broker),
    close: () => broker.close(),
  };
};
