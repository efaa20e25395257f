// What the processes of the demo are told when they start, and what they answer.
import type { CloudSettings } from '@pawl/openstack';

/** Settings of a host process. */
export interface HostSettings {
  readonly server: string;
  readonly name: string;
}

/** Settings of a worker process. */
export interface WorkerSettings extends HostSettings {
  readonly cloud: CloudSettings;
}

/** What a child tells its parent. */
export type ChildMessage =
  { readonly what: 'ready' } | { readonly what: 'failed'; readonly message: string };

/** What a parent tells its child. */
export type ParentMessage =
  { readonly what: 'start'; readonly settings: unknown } | { readonly what: 'stop' };
