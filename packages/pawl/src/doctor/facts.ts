// Everything that the doctor's rules look at, as data.
import type { MachineRecord, SnapshotHeader, TaskRecord } from '@pawl/core';
import type {
  ClockReading,
  JournalTypes,
  StreamReport,
  TimerSource,
  TopologyCheck,
  TopologyNames,
} from '@pawl/jetstream';
import type { FlowReport } from '../installation/flow-report.ts';
import type { Heartbeats } from '../installation/heartbeats.ts';
import type { MonitorReading } from './monitor.ts';

/** How the canary timer fared. */
export type CanaryOutcome =
  /** It reached the journal so long after it was due, ms. */
  | { readonly kind: 'arrived'; readonly lateMs: number }
  | { readonly kind: 'lost'; readonly waitedMs: number }
  /** This connection may not arm it. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'not-tried' };

/** Facts about an installation at one moment. */
export interface Facts {
  readonly now: number;
  readonly names: TopologyNames;
  readonly topology: TopologyCheck;
  readonly streams: readonly StreamReport[];
  readonly flow: FlowReport;
  readonly heartbeats: Heartbeats;
  /** Undefined: no journal. */
  readonly clock: ClockReading | undefined;
  readonly timerSource: TimerSource | undefined;
  readonly canary: CanaryOutcome;
  readonly journalTypes: JournalTypes;
  readonly machines: readonly MachineRecord[];
  readonly tasks: readonly TaskRecord[];
  readonly snapshots: readonly SnapshotHeader[];
  /** Monitoring pages, if any were named. */
  readonly monitors: readonly MonitorReading[];
}
