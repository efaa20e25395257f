// Subject permissions by role, as NATS takes them: each writes history through its own door only.
import { BUILT_IN_SERVICE, checkName, PawlError, SCHEDULE_TYPE } from '@pawl/core';
import { commandConsumerName } from './command-queue.ts';
import { partitionConsumerName } from './partition-names.ts';
import {
  bucketStream,
  derivedStreams,
  QUEUE_CLASSES,
  topologyNames,
  type TopologyNames,
} from './topology.ts';

/**
 * Who connects. `relay` publishes events from a database's outbox; `projector` keeps tables in step
 * with states; `viewer` only looks.
 */
export type Role = 'client' | 'worker' | 'host' | 'relay' | 'projector' | 'operator' | 'viewer';

/** All roles, in the order in which they are explained. */
export const ROLES: readonly Role[] = [
  ...(['client', 'worker', 'host', 'relay', 'projector', 'operator', 'viewer'] as const),
];

/** For whom the permissions are. */
export interface PermissionOptions {
  readonly role: Role;
  /** Workers and hosts: their service. */
  readonly service?: string;
  /** Clients, relays and operators: the name given to `openClient`, the token of its answers. */
  readonly client?: string;
  /** Clients and relays: only these types. Default: all. */
  readonly types?: readonly string[];
  /** Hosts: does the process also serve the built-in types, as it does unless told not to? */
  readonly builtInWorker?: boolean;
  /** Hosts: P of the journal, since each partition has a consumer of its own. Default 32. */
  readonly partitions?: number;
  readonly prefix?: string;
  /** The private prefix given to `connect({ inboxPrefix })`. Default `_INBOX`. */
  readonly inboxPrefix?: string;
}

/** What a user may do: NATS' own layout. */
export interface Permissions {
  readonly publish: { readonly allow: readonly string[]; readonly deny?: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
  /** May answer what it was asked, wherever the asker listens. */
  readonly allow_responses?: { readonly max: number; readonly expires: string };
}

const needed = (options: PermissionOptions, field: 'service' | 'client'): string => {
  const value = options[field];
  if (value === undefined)
    throw new PawlError('invalid-name', `The role ${options.role} needs the name of a ${field}.`);
  checkName(field, value);
  return value;
};

const api = (path: string): string => `$JS.API.${path}`;

/** Reading a bucket or stream whole, from any replica or from the leader. */
const reading = (stream: string): readonly string[] => [
  api(`DIRECT.GET.${stream}`),
  api(`DIRECT.GET.${stream}.>`),
  api(`STREAM.MSG.GET.${stream}`),
];

/** Pulling and acknowledging through one consumer, without the right to create it. */
const consuming = (stream: string, consumer: string): readonly string[] => [
  api(`CONSUMER.INFO.${stream}.${consumer}`),
  api(`CONSUMER.MSG.NEXT.${stream}.${consumer}`),
  `$JS.ACK.${stream}.${consumer}.>`,
  `$JS.ACK.*.*.${stream}.${consumer}.>`,
];

/** What every role asks: is the server good enough, and how is the journal laid out. */
const basics = (names: TopologyNames): readonly string[] => [
  api('INFO'),
  api(`STREAM.INFO.${names.journal}`),
  ...reading(bucketStream(names.registry)),
];

const asking = ({ prefix }: TopologyNames): readonly string[] => [
  `${prefix}.query.*.*`,
  `${prefix}.list.*.*`,
];

const entering = ({ prefix }: TopologyNames, types: readonly string[] = ['*']): string[] =>
  types.flatMap((type) => [`${prefix}.in.create.${type}.*`, `${prefix}.in.event.${type}.*`]);

/** The last create of an actor: the only kind of entry that a client reads from the journal. */
const readingCreates = ({ prefix, journal }: TopologyNames): string =>
  api(`DIRECT.GET.${journal}.${prefix}.journal.*.*.*.create`);

const clientOf = (options: PermissionOptions, names: TopologyNames): Permissions => ({
  publish: {
    allow: [
      ...basics(names),
      ...entering(names, options.types),
      ...asking(names),
      readingCreates(names),
    ],
  },
  subscribe: {
    allow: [`${names.prefix}.answer.${needed(options, 'client')}.>`, `${names.prefix}.state.*.*`],
  },
});

const viewerOf = (names: TopologyNames): Permissions => ({
  publish: { allow: [...basics(names), ...asking(names)] },
  subscribe: {
    allow: ['state.*.*', 'live.*.*.*', 'host.*.*', 'worker.*.*'].map(
      (rest) => `${names.prefix}.${rest}`,
    ),
  },
});

const workerOf = (options: PermissionOptions, names: TopologyNames): Permissions => {
  const service = needed(options, 'service');
  const { prefix } = names;
  return {
    publish: {
      allow: [
        ...basics(names),
        ...QUEUE_CLASSES.flatMap((queueClass) =>
          consuming(names.commands(queueClass), commandConsumerName(service)),
        ),
        `${prefix}.in.reply-${service}.*.*`,
        `${prefix}.pending.*.*`,
        `${prefix}.progress.${service}.*.*.*`,
        `${prefix}.worker.${service}.*`,
        `${prefix}.dead-letter.*`,
        `$KV.${names.registry}.task.${service}.*`,
        ...reading(names.progress),
        // A schedule may send an event to all actors of a type. A second attempt reads whom the
        // first one has reached.
        ...(service === BUILT_IN_SERVICE
          ? [`${prefix}.in.event.*.*`, `${prefix}.list.*.*`, ...reading(names.journal)]
          : []),
      ],
    },
    subscribe: {
      allow: [
        `${prefix}.cancel.${service}`,
        `${prefix}.worker.${service}.*`,
        `${prefix}.rebuilt`,
        // What became of a schedule's event for all actors of a type.
        ...(service === BUILT_IN_SERVICE ? [`${prefix}.answer.schedule.*.*`] : []),
      ],
    },
  };
};

/**
 * Owning a service's partition consumers. `pawl` has the built-in types, which every host joins.
 */
const hosting = (names: TopologyNames, service: string, partitions: number): readonly string[] =>
  Array.from({ length: partitions }, (_, partition) => {
    const path = `${names.journal}.${partitionConsumerName(service, partition)}`;
    return [
      ...consuming(names.journal, partitionConsumerName(service, partition)),
      ...['CREATE', 'RESET', 'UNPIN'].map((verb) => api(`CONSUMER.${verb}.${path}`)),
    ];
  }).flat();

/** Short-lived consumers that read headers only. */
const scanning = (stream: string): readonly string[] => [
  api(`CONSUMER.CREATE.${stream}.*.>`),
  ...['INFO', 'DELETE', 'MSG.NEXT'].map((verb) => api(`CONSUMER.${verb}.${stream}.*`)),
];

const NOTHING: Permissions = { publish: { allow: [] }, subscribe: { allow: [] } };

const hostOf = (options: PermissionOptions, names: TopologyNames): Permissions => {
  const { prefix } = names;
  const services = [...new Set([needed(options, 'service'), BUILT_IN_SERVICE])];
  const snapshots = bucketStream(names.snapshots);
  const worker =
    options.builtInWorker === false
      ? NOTHING
      : workerOf({ ...options, service: BUILT_IN_SERVICE }, names);
  return {
    publish: {
      allow: [
        ...basics(names),
        ...worker.publish.allow,
        ...['create', 'child', 'peer', 'host'].map((kind) => `${prefix}.in.${kind}.*.*`),
        // Schedules are declared where the code is.
        `${prefix}.in.event.${SCHEDULE_TYPE}.*`,
        `$KV.${names.registry}.schedule.*`,
        `${prefix}.timer.*.*.*`,
        `${prefix}.command.>`,
        `${prefix}.cancel.*`,
        `${prefix}.emitted.>`,
        `${prefix}.state.*.*`,
        `${prefix}.answer.>`,
        `${prefix}.dead-letter.*`,
        ...services.flatMap((service) => [
          `${prefix}.host.${service}.*`,
          ...hosting(names, service, options.partitions ?? 32),
        ]),
        ...reading(names.journal),
        ...reading(snapshots),
        ...scanning(snapshots),
        ...scanning(names.journal),
        api(`STREAM.PURGE.${snapshots}`),
        // Were they made anew? Then what was in them is published again.
        ...derivedStreams(names).map((name) => api(`STREAM.INFO.${name}`)),
        `$KV.${names.snapshots}.>`,
        ...['machine.*.*', 'owner.*', 'consumers.*'].map((key) => `$KV.${names.registry}.${key}`),
        // The queues of the services that its machines command.
        ...QUEUE_CLASSES.flatMap((queueClass) =>
          ['CREATE', 'INFO'].map((verb) => api(`CONSUMER.${verb}.${names.commands(queueClass)}.*`)),
        ),
      ],
    },
    subscribe: {
      allow: [
        ...worker.subscribe.allow,
        ...['query.*.*', 'list.*.*', 'pending.*.*', 'host.*.*', 'rebuilt'].map(
          (rest) => `${prefix}.${rest}`,
        ),
      ],
    },
    allow_responses: { max: 1, expires: '1m' },
  };
};

const operatorOf = (options: PermissionOptions, names: TopologyNames): Permissions => {
  const client = clientOf(options, names);
  const viewer = viewerOf(names);
  return {
    publish: {
      allow: [
        ...client.publish.allow,
        `${names.prefix}.in.admin.*.*`,
        `${names.prefix}.rebuilt`,
        `$KV.${names.registry}.schedule.*`,
        `$KV.${names.registry}.pause.*.*`,
        // A type that is given back is delivered to no host any more.
        `$KV.${names.registry}.consumers.*`,
        // The doctor's timer. `$JS.API` gives more power over the timer stream than this does.
        `${names.prefix}.timer.pawl-doctor.canary.*`,
        '$JS.API.>',
      ],
      // History is not an operator's to remove: the purge right belongs to one service.
      deny: ['DELETE', 'PURGE', 'MSG.DELETE'].map((verb) => api(`STREAM.${verb}.${names.journal}`)),
    },
    subscribe: { allow: [...client.subscribe.allow, ...viewer.subscribe.allow] },
  };
};

/**
 * A relay reads the journal: only an entry itself tells whether a message id that the broker knows
 * is the row's own, and whether a row was published before the broker forgot. What hosts refuse it
 * learns from dead letters.
 */
const relayOf = (options: PermissionOptions, names: TopologyNames): Permissions => ({
  publish: {
    allow: [
      ...basics(names),
      ...entering(names, options.types),
      readingCreates(names),
      ...reading(names.journal),
      ...reading(names.deadLetters),
    ],
  },
  subscribe: { allow: [`${names.prefix}.dead-letter.*`] },
});

/** Reads all states, and hears when to look. */
const projectorOf = (names: TopologyNames): Permissions => ({
  publish: {
    allow: [
      ...basics(names),
      ...reading(bucketStream(names.snapshots)),
      api(`STREAM.INFO.${bucketStream(names.snapshots)}`),
    ],
  },
  subscribe: { allow: [`${names.prefix}.state.*.*`] },
});

const BY_ROLE: Readonly<
  Record<Role, (options: PermissionOptions, names: TopologyNames) => Permissions>
> = {
  client: clientOf,
  worker: workerOf,
  host: hostOf,
  relay: relayOf,
  projector: (_options, names) => projectorOf(names),
  operator: operatorOf,
  viewer: (_options, names) => viewerOf(names),
};

/** The permissions of a role. Throws `invalid-name` when a name is missing or no token. */
export const permissionsOf = (options: PermissionOptions): Permissions => {
  const names = topologyNames(options.prefix);
  const permissions = BY_ROLE[options.role](options, names);
  const inbox = `${options.inboxPrefix ?? '_INBOX'}.>`;
  return { ...permissions, subscribe: { allow: [inbox, ...permissions.subscribe.allow] } };
};
