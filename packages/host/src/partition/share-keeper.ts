// Keeps the shares of a service's hosts: hears heartbeats, gives away what is too much, one at a
// time.
import {
  decodeBody,
  errorFields,
  type BusMessage,
  type BusSubscription,
  type Stoppable,
} from '@pawl/core';
import type { HostContext } from '../host-context.ts';
import type { Partition } from './partition.ts';
import { SILENT_MS, shareOf, type Peer } from './shares.ts';
import { typeDifference } from './type-difference.ts';

/** Between two partitions that are given away: the other host has taken the first by then. */
const GIVE_EVERY_MS = 200;

/** The shares of one service, as one host sees them. */
export class ShareKeeper {
  readonly #context: HostContext;
  readonly #partitions: readonly Partition[];
  readonly #peers = new Map<string, Peer>();
  #heartbeats: BusSubscription | undefined;
  #pause: Stoppable | undefined;
  #isGiving = false;
  #isTwinKnown = false;
  #toldDifference = '';
  #isStopped = false;

  constructor(context: HostContext, partitions: readonly Partition[]) {
    this.#context = context;
    this.#partitions = partitions;
  }

  /** Begins to listen to the other hosts. */
  start(): void {
    const { ports, service } = this.#context;
    const subject = ports.subjects.heartbeat(service, '*');
    this.#heartbeats = ports.bus.subscribe(subject, (message) => this.#hear(message));
  }

  #hear({ subject, body }: BusMessage): void {
    const { host, clock, catalog } = this.#context;
    const from = subject.split('.').at(-1) ?? '';
    const { held, types = catalog.types, isLeaving, startedAt } = read(body);
    if (from === host) return this.#hearOwnName(startedAt);
    const isNews = !this.#peers.has(from);
    if (isLeaving) this.#peers.delete(from);
    else this.#peers.set(from, { host: from, at: clock.now(), held, types });
    if (isNews || isLeaving) this.look();
  }

  /** Two of one name count as one: neither gives the other its share. Told once. */
  #hearOwnName(startedAt: unknown): void {
    const { host, service, log, startedAt: own } = this.#context;
    if (startedAt === own || this.#isTwinKnown) return;
    this.#isTwinKnown = true;
    log('error', `Another host of ${service} is called ${host}: a name must be unique`, {
      repair: 'startHost({ name }), or no name, which makes one',
    });
  }

  /** Looks at its share: gives away what is too much, or takes again what others have left. */
  look(): void {
    if (this.#isStopped) return;
    const { host, clock, catalog } = this.#context;
    const now = clock.now();
    const held = this.#partitions.filter(({ isHeld }) => isHeld).map(({ number }) => number);
    for (const { host: peer, at } of this.#peers.values())
      if (now - at >= SILENT_MS) this.#peers.delete(peer);
    const peers = [...this.#peers.values()];
    const { types } = catalog;
    const { isStandby, isShort, give } = shareOf({
      host,
      held,
      types,
      partitions: this.#partitions.length,
      peers,
      now,
    });
    this.#tellDifference(peers, isStandby);
    if (isStandby) this.#restAll();
    else if (isShort) this.#resumeAll();
    else if (give !== undefined && !this.#isGiving) this.#give(give);
  }

  #give(number: number): void {
    const { clock } = this.#context;
    this.#isGiving = true;
    void this.#follow(
      this.#partitions[number]?.giveAway(),
      `Giving partition ${number} away`,
    ).finally(() => {
      this.#pause = clock.after(GIVE_EVERY_MS, () => {
        this.#isGiving = false;
        this.look();
      });
    });
  }

  /** Told when it begins and when it changes. */
  #tellDifference(peers: readonly Peer[], isStandby: boolean): void {
    const { catalog, service, log } = this.#context;
    const difference = typeDifference(
      catalog.types,
      peers.map(({ types }) => types),
    );
    const { lacks, othersLack } = difference;
    const told = lacks.length + othersLack.length === 0 ? '' : JSON.stringify(difference);
    if (told === this.#toldDifference) return;
    this.#toldDifference = told;
    if (told !== '')
      log('warn', `The hosts of ${service} have different types`, {
        ...difference,
        ...(isStandby && { standsBy: 'takes no partition while another host has all types' }),
        repair: 'start all hosts of a service with the same types',
      });
  }

  /** At once, as a host that stops does: what waits here waits for a type that is not here. */
  #restAll(): void {
    for (const partition of this.#partitions)
      void this.#follow(partition.giveAway(), `Giving partition ${partition.number} away`);
  }

  #resumeAll(): void {
    for (const partition of this.#partitions)
      void this.#follow(partition.resume(), `Pulling partition ${partition.number} again`);
  }

  /** What fails now is done by a later look, or by the watch over each partition. */
  async #follow(work: Promise<void> | undefined, what: string): Promise<void> {
    const { log, service } = this.#context;
    try {
      await work;
    } catch (error) {
      log('debug', `${what} of ${service} failed`, errorFields(error));
    }
  }

  /** Changes nothing from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#heartbeats?.stop();
    this.#pause?.stop();
  }
}

interface Heard {
  readonly held: number;
  readonly types?: readonly string[];
  readonly isLeaving: boolean;
  readonly startedAt?: unknown;
}

/** What counts of a heartbeat. One that cannot be read says at least that its host is there. */
const read = (body: Uint8Array): Heard => {
  try {
    const { partitions, machines, leaving, startedAt } = decodeBody(body);
    const held = Array.isArray(partitions) ? partitions.length : 0;
    const types = isMap(machines) ? { types: Object.keys(machines) } : {};
    return { held, ...types, isLeaving: leaving === true, startedAt };
  } catch {
    return { held: 0, isLeaving: false };
  }
};

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null;
