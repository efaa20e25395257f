// The faults of a simulated world: what can go wrong, and how a world's share of it is drawn.
import type { CrossingKind } from '../memory/network.ts';
import type { Random } from './random.ts';

/** What can go wrong. */
export const FAULT_KINDS = [
  'crash',
  'crash-at-rest',
  'lost-delivery',
  'lost-answer',
  'lost-publish',
  'duplicate',
  'delay',
  'reorder',
  'cut',
  'slow-host',
  'late-host',
  'slow-worker',
  'leave-and-join',
  'old-version-host',
  'broker-restart',
  'forgotten-ids',
  'clock-back',
  'timers-held',
  'timers-lost',
  'snapshots-refused',
  'poll-storm',
  'restored-journal',
] as const;

/** What can go wrong. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Role of a process. */
export type Role = 'host' | 'worker' | 'client';

/** A point at which a process can be ended: just before or after a message leaves or arrives. */
export interface CrashPoint {
  readonly role: Role;
  readonly side: 'before' | 'after';
  readonly kind: CrossingKind;
}

const SIDES = ['before', 'after'] as const;
const HOST_KINDS = [
  ...(['delivery', 'append', 'command', 'arm', 'disarm', 'emit', 'save', 'ack', 'load'] as const),
  ...(['read', 'publish', 'reset', 'status', 'subscribe'] as const),
];
const WORKER_KINDS = ['delivery', 'append', 'ack', 'nak', 'save', 'load', 'request'] as const;
const CLIENT_KINDS = ['append', 'request', 'message'] as const;

const pointsOf = (role: Role, kinds: readonly CrossingKind[]): CrashPoint[] =>
  kinds.flatMap((kind) => SIDES.map((side) => ({ role, side, kind })));

/** All crash points. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  ...pointsOf('host', HOST_KINDS),
  ...pointsOf('worker', WORKER_KINDS),
  ...pointsOf('client', CLIENT_KINDS),
];

/** `host before append`. */
export const crashPointName = ({ role, side, kind }: CrashPoint): string =>
  `${role} ${side} ${kind}`;

/** What arrives at a process; all else leaves it. */
export const isArrival = (kind: CrossingKind): boolean => kind === 'delivery' || kind === 'message';

/** One thing that goes wrong. Times in ms since the beginning of the world. */
export interface Fault {
  readonly kind: FaultKind;
  /** From when on; faults that wait for a crossing come a little later. */
  readonly at: number;
  /** Where: `host-1`. */
  readonly place: string;
  /** How long it lasts, or how late something comes, ms. */
  readonly forMs: number;
  /** Which crossing it waits for. */
  readonly crossing: CrossingKind;
  /** The so-many-th of them. */
  readonly nth: number;
  /** `crash` only. */
  readonly point?: CrashPoint;
}

/** How many of each role a world has. */
export const PLACES: Readonly<Record<Role, number>> = { host: 3, worker: 2, client: 3 };

const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  crash: 30,
  'crash-at-rest': 6,
  'lost-delivery': 6,
  'lost-answer': 6,
  'lost-publish': 5,
  duplicate: 8,
  delay: 6,
  reorder: 6,
  cut: 8,
  'slow-host': 6,
  'late-host': 4,
  'slow-worker': 3,
  'leave-and-join': 3,
  'old-version-host': 2,
  'broker-restart': 3,
  'forgotten-ids': 3,
  'clock-back': 2,
  'timers-held': 3,
  'timers-lost': 2,
  'snapshots-refused': 3,
  'poll-storm': 3,
  'restored-journal': 1,
};

const WRITES = ['append', 'command', 'arm', 'save', 'emit'] as const;

/** Longest and shortest duration, ms. */
const DURATIONS: Partial<Record<FaultKind, readonly [number, number]>> = {
  crash: [100, 8_000],
  'crash-at-rest': [100, 8_000],
  duplicate: [1, 3_000],
  delay: [50, 4_000],
  reorder: [50, 4_000],
  cut: [50, 12_000],
  'slow-host': [500, 20_000],
  'late-host': [125_000, 170_000],
  'slow-worker': [5_000, 60_000],
  'leave-and-join': [500, 10_000],
  'old-version-host': [5_000, 30_000],
  'broker-restart': [100, 6_000],
  'clock-back': [50, 2_000],
  'timers-held': [2_000, 12_000],
  'snapshots-refused': [500, 15_000],
  'poll-storm': [5_000, 30_000],
};

const rolesFor = (kind: FaultKind, random: Random): Role => {
  if (kind === 'slow-worker') return 'worker';
  if (kind === 'crash-at-rest') return random.isChance(0.6) ? 'host' : 'worker';
  if (kind === 'cut' || kind === 'duplicate' || kind === 'lost-answer' || kind === 'lost-publish')
    return random.pick(['host', 'host', 'host', 'worker', 'client'] as const);
  if (kind === 'delay' || kind === 'reorder')
    return random.pick(['host', 'host', 'worker'] as const);
  return 'host';
};

const crossingFor = (kind: FaultKind, role: Role, random: Random): CrossingKind => {
  if (kind === 'lost-delivery') return 'delivery';
  if (role === 'client') return 'append';
  if (role === 'worker')
    return random.pick(kind === 'duplicate' ? ['append', 'delivery', 'ack'] : ['append', 'ack']);
  if (kind === 'late-host' || kind === 'slow-host')
    return random.pick(['append', 'append', 'arm', 'arm', 'command', 'save']);
  if (kind === 'duplicate') return random.pick([...WRITES, 'delivery', 'ack', 'reset']);
  if (kind === 'delay') return random.pick([...WRITES, 'delivery', 'ack', 'read', 'load']);
  return random.pick(WRITES);
};

/** One fault of a kind. */
export const drawFault = (random: Random, kind: FaultKind, busyMs: number): Fault => {
  const point = kind === 'crash' ? random.pick(CRASH_POINTS) : undefined;
  const role = point?.role ?? rolesFor(kind, random);
  const [shortest, longest] = DURATIONS[kind] ?? [0, 0];
  // A late host has to come back while the world still turns.
  const until = kind === 'late-host' ? busyMs * 0.4 : busyMs * 0.9;
  return {
    kind,
    at: random.integer(3_000, until),
    place: `${role}-${random.integer(1, PLACES[role])}`,
    forMs: random.integer(shortest, longest),
    crossing: point?.kind ?? crossingFor(kind, role, random),
    nth: random.integer(1, 8),
    ...(point !== undefined && { point }),
  };
};

/** Faults need a while to meet each other, ms. */
const BUSY_MIN_MS = 20_000;

/** The share of one world, only of these kinds, by time. */
export const drawFaults = (
  random: Random,
  busyMs: number,
  kinds: readonly FaultKind[] = FAULT_KINDS,
): readonly Fault[] => {
  const deck = kinds.flatMap((kind) => Array.from({ length: WEIGHTS[kind] }, () => kind));
  const total = deck.length === 0 ? 0 : random.integer(13, 18);
  const picked = Array.from({ length: total }, () => random.pick(deck));
  const isRestored = picked.includes('restored-journal');
  const drawn = picked.filter((kind, index) => {
    // This changes what can be promised: one is enough for a world.
    if (kind === 'restored-journal') return picked.indexOf(kind) === index;
    // Its last words would be of a history that is no more: see docs/internals/delivery.md.
    return kind !== 'late-host' || !isRestored;
  });
  return drawn
    .map((kind) => drawFault(random, kind, Math.max(busyMs, BUSY_MIN_MS)))
    .toSorted((one, other) => one.at - other.at);
};
