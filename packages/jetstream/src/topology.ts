// The topology as data: every stream and bucket that Pawl needs, with the settings that matter.
import { PawlError } from '@pawl/core';
import type { StreamConfig } from '@nats-io/jetstream';

/** What may differ between two installations. Fixed once the journal exists, but for replicas. */
export interface TopologyOptions {
  /** Prefix of subjects, streams and buckets, for accounts that are shared. Default `pawl`. */
  readonly prefix?: string;
  /** Number of partitions of the journal. Fixed when it is created. Default 32. */
  readonly partitions?: number;
  /** Replicas of every stream: 1 or 3 (5). Default 1. */
  readonly replicas?: number;
}

/** The queue classes, each with a stream of its own. */
export const QUEUE_CLASSES = ['regular', 'heavy', 'background'] as const;

/** Names of streams and buckets under one prefix. */
export interface TopologyNames {
  readonly prefix: string;
  readonly journal: string;
  readonly timers: string;
  readonly emitted: string;
  readonly progress: string;
  readonly deadLetters: string;
  /** Bucket, as `nats kv` names it. */
  readonly snapshots: string;
  readonly registry: string;
  commands(queueClass: string): string;
}

/** Streams whose content follows from the journal, the running hosts and the workers. */
export const derivedStreams = (names: TopologyNames): readonly string[] => [
  names.timers,
  ...QUEUE_CLASSES.map((queueClass) => names.commands(queueClass)),
  bucketStream(names.snapshots),
  bucketStream(names.registry),
];

/** A stream that Pawl needs. */
export type StreamSettings = Partial<StreamConfig> & Pick<StreamConfig, 'name'>;

/** Nanoseconds, as the JetStream API counts. */
export const nanosOf = (ms: number): number => ms * 1_000_000;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long a fired timer stays, for a journal that could not take it at once. */
export const FIRED_TTL = '72h';

/** The stream of a bucket. */
export const bucketStream = (bucket: string): string => `KV_${bucket}`;

const PREFIX = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** Names under a prefix, which is checked: `my.app` gives `MY_APP_JOURNAL`, `my_app-snapshots`. */
export const topologyNames = (prefix: string = 'pawl'): TopologyNames => {
  if (!PREFIX.test(prefix))
    throw new PawlError(
      'invalid-name',
      `The prefix ${JSON.stringify(prefix)} must match ${PREFIX.source}.`,
    );
  const upper = prefix.toUpperCase().replaceAll('.', '_');
  return {
    prefix,
    journal: `${upper}_JOURNAL`,
    timers: `${upper}_TIMERS`,
    emitted: `${upper}_EMITTED`,
    progress: `${upper}_PROGRESS`,
    deadLetters: `${upper}_DEAD_LETTERS`,
    snapshots: `${prefix.replaceAll('.', '_')}-snapshots`,
    registry: `${prefix.replaceAll('.', '_')}-registry`,
    commands: (queueClass) => `${upper}_COMMANDS_${queueClass.toUpperCase()}`,
  };
};

const stream = (
  name: string,
  replicas: number,
  settings: Partial<StreamConfig>,
): StreamSettings => ({
  name,
  storage: 'file',
  retention: 'limits',
  discard: 'old',
  num_replicas: replicas,
  allow_direct: true,
  ...settings,
});

/** An entry that a limit takes away is part of a state that is folded again. */
const NO_LIMITS: Partial<StreamConfig> = {
  max_age: 0,
  max_bytes: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  // If somebody sets a limit all the same, new entries are refused, and none is lost.
  discard: 'new',
};

const bucket = (name: string, replicas: number, description: string): StreamSettings =>
  stream(bucketStream(name), replicas, {
    description,
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    discard: 'new',
    duplicate_window: nanosOf(2 * MINUTE),
  });

/** All streams, in the order in which they have to be created: the timers before their reader. */
export const topologyOf = (options: TopologyOptions = {}): readonly StreamSettings[] => {
  const { prefix = 'pawl', partitions = 32, replicas = 1 } = options;
  const names = topologyNames(prefix);
  // Wildcards are counted within `src`: a prefix with dots does not shift them.
  const actorPartition = (typeToken: number): string =>
    `${prefix}.journal.{{partition(${partitions},${typeToken},${typeToken + 1})}}`;
  return [
    stream(names.timers, replicas, {
      description: 'Timers: schedules, and what they became when they were due.',
      subjects: [`${prefix}.timer.*.*.*`, `${prefix}.fired.*.*`],
      allow_msg_schedules: true,
      allow_msg_ttl: true,
    }),
    stream(names.journal, replicas, {
      description: 'The journal: everything that happened to an actor.',
      subjects: [`${prefix}.in.*.*.*`],
      subject_transform: {
        src: `${prefix}.in.*.*.*`,
        dest: `${actorPartition(2)}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(1)}}`,
      },
      sources: [
        {
          name: names.timers,
          subject_transforms: [
            {
              src: `${prefix}.fired.*.*`,
              dest: `${actorPartition(1)}.{{wildcard(1)}}.{{wildcard(2)}}.timer`,
            },
          ],
        },
      ],
      republish: {
        src: `${prefix}.journal.*.*.*.*`,
        dest: `${prefix}.live.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}`,
      },
      ...NO_LIMITS,
      deny_delete: true,
      // Explicit: with sources there is no dedupe otherwise.
      duplicate_window: nanosOf(2 * MINUTE),
      max_consumers: 10_000,
    }),
    ...QUEUE_CLASSES.map((queueClass) =>
      stream(names.commands(queueClass), replicas, {
        description: `Commands of class ${queueClass} on their way to workers.`,
        subjects: [`${prefix}.command.${queueClass}.*.*.*.*.*`],
        retention: 'workqueue',
        duplicate_window: nanosOf(2 * MINUTE),
        max_consumers: 10_000,
      }),
    ),
    stream(names.emitted, replicas, {
      description: 'Integration events for other systems (CloudEvents).',
      subjects: [`${prefix}.emitted.>`],
      max_age: nanosOf(7 * DAY),
      duplicate_window: nanosOf(2 * MINUTE),
    }),
    stream(names.progress, replicas, {
      description: 'Last progress of each command.',
      subjects: [`${prefix}.progress.*.*.*.*`],
      max_age: nanosOf(DAY),
      max_msgs_per_subject: 1,
    }),
    stream(names.deadLetters, replicas, {
      description: 'What could not be delivered, and why.',
      subjects: [`${prefix}.dead-letter.*`],
    }),
    bucket(names.snapshots, replicas, 'Last folded state of each actor.'),
    bucket(names.registry, replicas, 'Machines, tasks, and which service owns a type.'),
  ];
};
