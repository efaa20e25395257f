// What the processes of the fault suite are told when they start, and what they say.
import type { CloudSettings } from '@pawl/openstack';
import type { CrashPoint } from './crash-points.ts';

/** Which machines a host has. `counter`: the old version only; `counter-2`: both. */
export type Cast = 'openstack' | 'counter' | 'counter-2';

/** Settings of a host. */
export interface HostSettings {
  readonly servers: readonly string[];
  readonly name: string;
  readonly cast: Cast;
  readonly crash?: CrashPoint;
  /** False: snapshots never get stored, so what it takes stays pending at the broker. */
  readonly isSaving?: boolean;
  /** How long a silent worker keeps a command, ms: of whoever makes the queue. */
  readonly ackWaitMs?: number;
}

/** Settings of a worker. */
export interface WorkerSettings {
  readonly servers: readonly string[];
  readonly name: string;
  readonly cast: Cast;
  readonly cloud?: CloudSettings;
  /** First wait of a poll, ms; default as in production. */
  readonly pollMs?: number;
  /** How long a silent worker keeps a command, ms. */
  readonly ackWaitMs?: number;
  readonly faults?: WorkerFaults;
}

/** What goes wrong in a worker, each time a chance comes until its number is used up. */
export interface WorkerFaults {
  /** The reply is stored, then the process ends before the command is acknowledged. */
  readonly exitBeforeAck?: number;
  /** Commands that come once are handed to the worker twice. */
  readonly takeTwice?: boolean;
}

/** What a child tells its parent. */
export type ChildMessage =
  | { readonly what: 'ready' }
  | { readonly what: 'failed'; readonly message: string }
  | { readonly what: 'held'; readonly held: readonly number[] };

/** What a parent tells its child. */
export type ParentMessage =
  { readonly what: 'start'; readonly settings: unknown } | { readonly what: 'stop' };
