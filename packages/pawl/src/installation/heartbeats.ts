// Who is there: the last heartbeat of each host and worker.
import { decodeBody, systemClock } from '@pawl/core';
import type { BusMessage, Clock, HeartbeatBody, Ports, WorkerBeatBody } from '@pawl/core';

/** Hosts and workers beat every two seconds: whoever was not heard for so long is gone. */
const GONE_AFTER_MS = 7000;

/** How long one has to listen to hear everybody once. */
export const HEARING_MS = 2500;

/** A heartbeat and when it came. */
export interface Heard<Body> {
  readonly body: Body;
  /** By our clock, ms since 1970. */
  readonly at: number;
}

/** Those who are there. */
export interface Heartbeats {
  readonly hosts: readonly Heard<HeartbeatBody>[];
  readonly workers: readonly Heard<WorkerBeatBody>[];
}

/** A listener for heartbeats. */
export interface HeartbeatListener {
  heard(): Heartbeats;
  stop(): void;
}

interface Beat {
  readonly startedAt?: number;
  readonly time: number;
}

/** By name and by when they began: two of one name are two. */
const nameOf = (subject: string, { startedAt = 0 }: Beat): string => `${subject} ${startedAt}`;

/** Has the one ended before the other began? A host that is started again keeps its name. */
const isSuccessor = (one: Beat, other: Beat): boolean => other.time < (one.startedAt ?? 0);

/** Starts to listen. */
export const listenForHeartbeats = (
  { bus, subjects }: Ports,
  clock: Clock = systemClock,
): HeartbeatListener => {
  const hosts = new Map<string, Heard<HeartbeatBody>>();
  const workers = new Map<string, Heard<WorkerBeatBody>>();
  const keep =
    <Body extends Beat>(into: Map<string, Heard<Body>>) =>
    ({ subject, body: bytes }: BusMessage): void => {
      const body = decodeBody(bytes) as unknown as Body;
      for (const [name, { body: other }] of into)
        if (name.startsWith(`${subject} `) && isSuccessor(body, other)) into.delete(name);
      into.set(nameOf(subject, body), { body, at: clock.now() });
    };
  const subscriptions = [
    bus.subscribe(subjects.heartbeat('*', '*'), keep(hosts)),
    bus.subscribe(subjects.workerBeat('*', '*'), keep(workers)),
  ];
  const present = <Body>(all: Map<string, Heard<Body>>): Heard<Body>[] => {
    const now = clock.now();
    return [...all].filter(([, { at }]) => now - at < GONE_AFTER_MS).map(([, heard]) => heard);
  };
  return {
    heard: () => ({ hosts: present(hosts), workers: present(workers) }),
    stop: () => {
      for (const subscription of subscriptions) subscription.stop();
    },
  };
};
