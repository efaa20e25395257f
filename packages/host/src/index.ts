// What @pawl/host offers: hosting the actors of a service in a process.
export type { HostCounters, HostLimits } from './host-context.ts';
export { BUILT_IN_SERVICE, type MachinesByType } from './machine-catalog.ts';
export type { ScheduleReport } from './schedule/declare-schedules.ts';
export { startHost, type Host, type HostOptions } from './start-host.ts';
export {
  resettingCursor,
  startCursor,
  takeDelivery,
  unpinnedCursor,
  type DeliveryCursor,
  type DeliveryPosition,
  type DeliveryVerdict,
} from './partition/delivery-cursor.ts';
