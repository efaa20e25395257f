// Counters in the text format that Prometheus reads.
import type { Host, HostCounters } from '@pawl/host';
import type { Relay, RelayCounters } from '@pawl/outbox';
import type { Slots, Worker, WorkerStats } from '@pawl/worker';

/** One family: its name, what it counts, and its samples. */
export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One value with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const labelsText = (labels: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
};

/** The exposition text of these families. */
export const encodeMetrics = (metrics: readonly Metric[]): string =>
  metrics
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}`),
      ].join('\n'),
    )
    .join('\n')
    .concat('\n');

const HOST_COUNTERS: Readonly<Record<keyof HostCounters, string>> = {
  entries: 'Entries delivered to this host.',
  steps: 'Steps folded.',
  effects: 'Effects published.',
  snapshots: 'Snapshots saved.',
  resets: 'Partitions asked for again from their last acknowledged entry.',
  loads: 'Actors loaded from snapshot or journal.',
};

const WORKER_COUNTERS: Readonly<Record<Exclude<keyof WorkerStats, 'running'>, string>> = {
  delivered: 'Commands delivered, repeats and polls included.',
  done: 'Commands answered with a result.',
  failed: 'Commands answered with an error.',
  cancelled: 'Commands cancelled.',
  polled: 'Tasks that answered pending.',
  dropped: 'Commands that nobody waited for any more.',
  handedBack: 'Commands given back without running to the end.',
  deadLettered: 'Commands that could not be read.',
  replyRetries: 'Replies that had to be appended again.',
};

/** `handedBack` → `handed_back`. */
const snake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What a host has done, and what it holds. */
export const hostMetrics = (host: Host): readonly Metric[] => {
  const labels = { service: host.service, host: host.name };
  const counters = host.counters();
  const names = Object.keys(HOST_COUNTERS) as (keyof HostCounters)[];
  return [
    ...names.map((name): Metric => ({
      name: `pawl_host_${snake(name)}_total`,
      type: 'counter',
      help: HOST_COUNTERS[name],
      samples: [{ labels, value: counters[name] }],
    })),
    {
      name: 'pawl_host_partitions_held',
      type: 'gauge',
      help: 'Partitions that this host has.',
      samples: Object.entries(host.held()).map(([service, held]) => ({
        labels: { service, host: host.name },
        value: held.length,
      })),
    },
  ];
};

/** What a worker has done, and how long its tasks take and its commands wait. */
export const workerMetrics = (worker: Worker): readonly Metric[] => {
  const labels = { service: worker.service, worker: worker.name };
  const stats = worker.stats();
  const timings = worker.timings();
  const byClass = (name: string, help: string, slots: Slots): Metric => ({
    name,
    type: 'gauge',
    help,
    samples: Object.entries(slots).map(([queueClass, value]) => ({
      labels: { ...labels, class: queueClass },
      value,
    })),
  });
  const names = Object.keys(WORKER_COUNTERS) as Exclude<keyof WorkerStats, 'running'>[];
  const timed = (
    name: string,
    help: string,
    valueOf: (timing: (typeof timings)[number]) => number,
    type: Metric['type'] = 'gauge',
  ): Metric => ({
    name,
    type,
    help,
    samples: timings.map((timing) => ({
      labels: { ...labels, task: timing.task, class: timing.class },
      value: valueOf(timing),
    })),
  });
  return [
    ...names.map((name): Metric => ({
      name: `pawl_worker_${snake(name)}_total`,
      type: 'counter',
      help: WORKER_COUNTERS[name],
      samples: [{ labels, value: stats[name] }],
    })),
    {
      name: 'pawl_worker_running',
      type: 'gauge',
      help: 'Calls of tasks that run now.',
      samples: [{ labels, value: stats.running }],
    },
    byClass(
      'pawl_worker_slots',
      'Commands of a class that the worker runs at a time.',
      worker.slots,
    ),
    byClass('pawl_worker_slots_busy', 'Slots of a class that are taken.', worker.busy()),
    byClass(
      'pawl_worker_slots_overdue',
      'Slots of a class that tasks keep after their timeout.',
      worker.overdue(),
    ),
    timed('pawl_task_runs_total', 'Finished calls.', ({ runs }) => runs, 'counter'),
    timed(
      'pawl_task_run_p95_seconds',
      'Run time that 95 % of the last calls did not exceed.',
      ({ runP95Ms }) => runP95Ms / 1000,
    ),
    timed(
      'pawl_queue_wait_p95_seconds',
      'Time in the queue before the first delivery, 95 % of the last calls.',
      ({ waitP95Ms }) => waitP95Ms / 1000,
    ),
  ];
};

const RELAY_COUNTERS: Readonly<Record<keyof RelayCounters, string>> = {
  published: 'Rows of the outbox that are in the journal.',
  refused: 'Rows that the broker, the journal or a host has refused.',
};

/** What a relay has done, and its share of the lanes. */
export const relayMetrics = (relay: Relay): readonly Metric[] => {
  const names = Object.keys(RELAY_COUNTERS) as (keyof RelayCounters)[];
  return [
    ...names.map((name): Metric => ({
      name: `pawl_relay_${name}_total`,
      type: 'counter',
      help: RELAY_COUNTERS[name],
      samples: [{ labels: {}, value: relay.counters[name] }],
    })),
    {
      name: 'pawl_relay_lanes',
      type: 'gauge',
      help: 'Lanes of the sixteen that this relay has; none while it has no database.',
      samples: [{ labels: {}, value: relay.lanes.length }],
    },
  ];
};
