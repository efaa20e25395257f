// How long tasks take and how long commands wait: the last runs of each task and class.
import type { QueueClass, TaskTiming } from '@pawl/core';

/** So many runs are looked at: enough for a 95th percentile, little to keep. */
const RUNS_KEPT = 200;

/** One finished call. */
export interface TaskRun {
  readonly task: string;
  readonly class: QueueClass;
  readonly runMs: number;
  /** Time in the queue before the first delivery; undefined for a repeat. */
  readonly waitMs: number | undefined;
}

/** Timings of one worker. */
export interface TaskTimings {
  add(run: TaskRun): void;
  list(): readonly TaskTiming[];
}

interface Row {
  readonly task: string;
  readonly class: QueueClass;
  runs: number;
  readonly runMs: number[];
  waits: number;
  readonly waitMs: number[];
}

/** The value that a share of the sample does not exceed (nearest rank); 0 for an empty one. */
export const percentile = (sample: readonly number[], share: number): number => {
  const sorted = sample.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
};

const timingOf = ({ task, class: queueClass, runs, runMs, waitMs }: Row): TaskTiming => ({
  task,
  class: queueClass,
  runs,
  runMedianMs: Math.round(percentile(runMs, 0.5)),
  runP95Ms: Math.round(percentile(runMs, 0.95)),
  waitP95Ms: Math.round(percentile(waitMs, 0.95)),
});

/** Empty timings. */
export const createTaskTimings = (): TaskTimings => {
  const rows = new Map<string, Row>();
  return {
    add: ({ task, class: queueClass, runMs, waitMs }) => {
      const key = `${task} ${queueClass}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { task, class: queueClass, runs: 0, runMs: [], waits: 0, waitMs: [] };
        rows.set(key, row);
      }
      row.runMs[row.runs % RUNS_KEPT] = Math.max(0, runMs);
      row.runs += 1;
      if (waitMs === undefined) return;
      // The broker's clock and this one may differ a little.
      row.waitMs[row.waits % RUNS_KEPT] = Math.max(0, waitMs);
      row.waits += 1;
    },
    list: () => [...rows.values()].map(timingOf),
  };
};
