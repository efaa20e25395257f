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

/** Starts to listen. */
export const listenForHeartbeats = (
  { bus, subjects }: Ports,
  clock: Clock = systemClock,
): HeartbeatListener => {
  const hosts = new Map<string, Heard<HeartbeatBody>>();
  const workers = new Map<string, Heard<WorkerBeatBody>>();
  const keep =
    <Body>(into: Map<string, Heard<Body>>) =>
    ({ subject, body }: BusMessage): void =>
      void into.set(subject, { body: decodeBody(body) as unknown as Body, at: clock.now() });
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
