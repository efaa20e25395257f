// The wire of a simulated world: every crossing takes a little time, and faults wait there.
import type { Crossing, CrossingKind, Network } from '../memory/network.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './time.ts';

/** What a trap does with the crossing that it was set for. */
export type Caught =
  /** It never arrives. */
  | { readonly kind: 'lost' }
  /** It arrives, and once more later. */
  | { readonly kind: 'twice'; readonly afterMs: number }
  /** Later; with `isAlone` others overtake it, else all behind it wait as well. */
  | { readonly kind: 'late'; readonly byMs: number; readonly isAlone: boolean }
  /** As always, but `act` comes first or last. */
  | {
      readonly kind: 'act';
      readonly act: (carry: () => void) => void;
      readonly isOnArrival: boolean;
    };

/** Waits for a crossing. */
export interface Trap {
  /** Name of the place whose crossing it is: `host-1`. */
  readonly place: string;
  readonly direction: Crossing['direction'];
  readonly kind: CrossingKind;
  /** The so-many-th from now on. */
  nth: number;
  readonly spring: () => Caught;
}

const LATENCY_MIN_MS = 0.2;
const LATENCY_SPREAD_MS = 2;

/** What is kept in order: each stream answers for itself, and so does each consumer. */
const LANES: Partial<Record<CrossingKind, string>> = {
  append: 'journal',
  arm: 'timers',
  disarm: 'timers',
  save: 'buckets',
  load: 'buckets',
  remove: 'buckets',
  publish: 'bus',
  subscribe: 'bus',
  message: 'bus',
  request: 'bus',
  respond: 'bus',
  flush: 'bus',
};

/** Lanes of one connection, by direction: when the last crossing of each arrives. */
interface Lanes {
  readonly 'to-broker': Map<string, number>;
  readonly 'to-client': Map<string, number>;
}

const laneOf = ({ kind, subject }: Crossing): string =>
  kind === 'delivery' ? subject : (LANES[kind] ?? kind);

/** `host-1` of `host-1.3`. */
export const placeOf = (connection: string): string => {
  const dot = connection.indexOf('.');
  return dot < 0 ? connection : connection.slice(0, dot);
};

/** Carries crossings in simulated time. */
export class Wire {
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #lanes = new Map<string, Lanes>();
  #traps: Trap[] = [];
  /** Subjects of the commands that have reached the broker. */
  readonly commands: Set<string> = new Set();
  /** Sees each crossing as it leaves: for traces. */
  onCrossing: ((crossing: Crossing) => void) | undefined;

  constructor(time: SimulatedTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  readonly network: Network = (crossing, carry) => {
    this.onCrossing?.(crossing);
    const caught = this.#trapFor(crossing)?.spring();
    const lane = laneOf(crossing);
    const latency = LATENCY_MIN_MS + this.#random.next() * LATENCY_SPREAD_MS;
    const lanes = this.#lanesOf(crossing);
    const last = lanes.get(lane) ?? 0;
    let at = Math.max(this.#time.exact + latency, last);
    const arrive = (): void => {
      if (crossing.kind === 'command' && crossing.direction === 'to-broker')
        this.commands.add(crossing.subject);
      carry();
    };
    if (caught === undefined) {
      lanes.set(lane, at);
      this.#time.at(at, arrive);
      return;
    }
    switch (caught.kind) {
      case 'lost':
        return;
      case 'twice':
        lanes.set(lane, at);
        this.#time.at(at, arrive);
        this.#time.at(at + caught.afterMs, arrive);
        return;
      case 'late':
        at += caught.byMs;
        if (!caught.isAlone) lanes.set(lane, at);
        this.#time.at(at, arrive);
        return;
      case 'act':
        if (!caught.isOnArrival) return caught.act(() => void this.#time.at(at, arrive));
        lanes.set(lane, at);
        this.#time.at(at, () => caught.act(arrive));
        return;
    }
  };

  set(trap: Trap): void {
    this.#traps.push(trap);
  }

  /** Faults are over. */
  clear(): void {
    this.#traps = [];
  }

  #lanesOf({ connection, direction }: Crossing): Map<string, number> {
    let lanes = this.#lanes.get(connection);
    if (lanes === undefined) {
      lanes = { 'to-broker': new Map<string, number>(), 'to-client': new Map<string, number>() };
      this.#lanes.set(connection, lanes);
    }
    return lanes[direction];
  }

  #trapFor({ connection, direction, kind }: Crossing): Trap | undefined {
    if (this.#traps.length === 0) return undefined;
    for (const [index, trap] of this.#traps.entries()) {
      if (trap.kind !== kind || trap.direction !== direction) continue;
      if (placeOf(connection) !== trap.place) continue;
      trap.nth -= 1;
      if (trap.nth > 0) continue;
      this.#traps.splice(index, 1);
      return trap;
    }
    return undefined;
  }
}
