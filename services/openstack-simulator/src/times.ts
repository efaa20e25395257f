// The three ways in which OpenStack's services write a time, and the simulator's own.

/** The simulator's own paths: milliseconds, UTC. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** Nova and Glance: whole seconds, UTC. */
export const secondsTime = (ms: number): string => `${isoTime(ms).slice(0, 19)}Z`;

/** Cinder, and Nova's usage times: microseconds, without a zone. */
export const microsecondsTime = (ms: number): string => `${isoTime(ms).slice(0, 23)}000`;

/** Keystone: microseconds, UTC. */
export const microsecondsTimeUtc = (ms: number): string => `${microsecondsTime(ms)}Z`;
