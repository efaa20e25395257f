// The OpenStack service: machines, the commands that they give, and the tasks that carry those out.
export type { BlockStorage, CloudVolume, VolumeWish } from './cloud/block-storage.ts';
export type { CloudSettings } from './cloud/cloud-settings.ts';
export type { CloudServer, Compute, ServerWish } from './cloud/compute.ts';
export { clientsOf, createOpenStackClient } from './cloud/open-stack-client.ts';
export type { ClientsBySettings, OpenStackClient } from './cloud/open-stack-client.ts';
export { disk } from './instance/disk.machine.ts';
export { volumeId } from './instance/disks.ts';
export {
  createServer,
  deleteServer,
  pullServer,
  waitServer,
  waitServerGone,
} from './instance/instance.contract.ts';
export { instance } from './instance/instance.machine.ts';
export type { DiskState, InstanceContext, InstanceEmitted } from './instance/instance-data.ts';
export { instanceTasks } from './instance/instance.tasks.ts';
export { provisionScope } from './provisioning.ts';
export type { ProvisionedKind } from './provisioning.ts';
export { pullSchedules } from './pull-schedules.ts';
export type { PullEvery } from './pull-schedules.ts';
export { resourceName } from './resource-name.ts';
export { openstackTasks } from './tasks.ts';
export type { OpenStackTasksOptions } from './tasks.ts';
export {
  createVolume,
  deleteVolume,
  pullVolume,
  waitVolume,
  waitVolumeGone,
} from './volume/volume.contract.ts';
export { volume } from './volume/volume.machine.ts';
export type { VolumeEmitted, VolumeNews } from './volume/volume-data.ts';
export { volumeTasks } from './volume/volume.tasks.ts';
