// May a type be given back? Not while a host serves it, and not unsaid while actors of it live.
import { BUILT_IN_SERVICE, PawlError, type Clock, type Ports, systemClock } from '@pawl/core';
import type { Inspector } from '@pawl/jetstream';
import { HEARING_MS, listenForHeartbeats } from './heartbeats.ts';

/** What is given back. */
export interface Retiring {
  readonly type: string;
  /** The service that owned it. */
  readonly service: string;
  /** Ids in the journal that are not known to have ended, refused creates among them. */
  readonly active: number;
}

/**
 * What retiring the type would give back. Throws `reserved-type`, `type-served`, and `type-in-use`
 * unless it is forced.
 */
export const retiringOf = async (
  ports: Ports,
  inspector: Pick<Inspector, 'journalTypes'>,
  type: string,
  isForced: boolean,
  clock: Clock = systemClock,
): Promise<Retiring> => {
  const service = (await ports.registry.machines(type)).at(-1)?.service ?? '';
  if (service === BUILT_IN_SERVICE)
    throw new PawlError('reserved-type', `The actor type ${type} is built in and stays.`);
  const hosts = await hostsOf(ports, type, clock);
  if (hosts.length > 0)
    throw new PawlError(
      'type-served',
      `The actor type ${type} of ${service} is served by ${hosts.join(', ')}: ` +
        'stop them first, or start them without it.',
      { details: { type, service, hosts } },
    );
  const active = await activeOf(ports, inspector, type);
  if (active > 0 && !isForced)
    throw new PawlError(
      'type-in-use',
      `The actor type ${type} of ${service} has ${activeText(active)}: ` +
        'start a host and end them, or say --force; they stay in the journal.',
      { details: { type, service, active } },
    );
  return { type, service, active };
};

/** `2 actors that are not known to have ended`. */
export const activeText = (active: number): string =>
  active === 1
    ? '1 actor that is not known to have ended'
    : `${active} actors that are not known to have ended`;

/** Hosts that are alive and have a machine of the type. */
const hostsOf = async (ports: Ports, type: string, clock: Clock): Promise<readonly string[]> => {
  const heartbeats = listenForHeartbeats(ports, clock);
  try {
    await ports.bus.flush();
    await new Promise<void>((resolve) => clock.after(HEARING_MS, resolve));
    const { hosts } = heartbeats.heard();
    return hosts.flatMap(({ body }) => (type in body.machines ? [body.host] : []));
  } finally {
    heartbeats.stop();
  }
};

/** All that stand in the journal, without those whose snapshot says that they ended. */
const activeOf = async (
  ports: Ports,
  inspector: Pick<Inspector, 'journalTypes'>,
  type: string,
): Promise<number> => {
  const { partitions } = await ports.journal.identity();
  const { actors } = await inspector.journalTypes();
  const all = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => ports.snapshots.headers(partition, type)),
  );
  const ended = all.flat().filter(({ status }) => status === 'done').length;
  return Math.max(0, (actors.get(type) ?? 0) - ended);
};
