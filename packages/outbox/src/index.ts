// What @pawl/outbox offers: the outbox, its relay and its tables, and projections.
export {
  type Database,
  type DatabaseSession,
  inTransaction,
  type Row,
  type Sql,
  withSession,
} from './database.ts';
export { migrate, type Migrated, type OutboxIdentity } from './migrate.ts';
export {
  createOutbox,
  outbox,
  type Outbox,
  type OutboxOptions,
  type OutboxSendOptions,
} from './outbox.ts';
export {
  startRelay,
  type Relay,
  type RelayCounters,
  type RelayOptions,
} from './relay/start-relay.ts';
export {
  listRefused,
  redrive,
  type ListRefusedOptions,
  type RedriveOptions,
  type Redriven,
  type RefusedRow,
} from './refused.ts';
export { readStatus, type OutboxStatus } from './status.ts';
export {
  projection,
  type ProjectedRow,
  type ProjectedState,
  type Projection,
  type ProjectionOptions,
} from './projection/projection.ts';
export {
  startProjection,
  type ProjectionRunOptions,
  type RunningProjection,
} from './projection/start-projection.ts';
