// What @pawl/jetstream offers: connect(), the topology, and the ports on JetStream.
export { connect, type ConnectOptions } from './connect.ts';
export { withoutLogin } from './server-address.ts';
export { checkConnection, type Connection, type StatusListener } from './connection.ts';
export {
  consumerNamesOf,
  openInspector,
  type ClockReading,
  type Inspector,
  type InspectorOptions,
} from './inspect/inspector.ts';
export { type ForeignKey, type Sorted } from './foreign-key.ts';
export { type AccountRoom } from './inspect/account-room.ts';
export { type JournalGaps } from './inspect/journal-gaps.ts';
export { type JournalTypes } from './inspect/journal-types.ts';
export { type ConsumerReport, type StreamReport } from './inspect/stream-report.ts';
export { type TimerSource } from './inspect/timer-source.ts';
export { hasNoLeader } from './broker-error.ts';
export { openPorts, type OpenPorts, type OpenPortsOptions } from './open-ports.ts';
export {
  permissionsOf,
  ROLES,
  type PermissionOptions,
  type Permissions,
  type Role,
} from './permissions.ts';
export { checkTopology, provision, type Provisioned, type TopologyCheck } from './provision.ts';
export { rebuild, type RebuildOptions, type Rebuilt } from './rebuild.ts';
export { SERVER_VERSION_MIN } from './server-check.ts';
export { type TopologyDifference } from './topology-difference.ts';
export {
  topologyNames,
  topologyOf,
  type StreamSettings,
  type TopologyNames,
  type TopologyOptions,
} from './topology.ts';
