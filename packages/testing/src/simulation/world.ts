// One simulated world: the real host, worker and client code over a broker in memory, faults and
// all.
import {
  fold as standardFold,
  silentLog,
  type Fold,
  type Log,
  type Ports,
  type Schedule,
  type StoredEntry,
} from '@pawl/core';
import type { HostOptions } from '@pawl/host';
import { createBrokerState, type BrokerState } from '../memory/broker-state.ts';
import { drawFaults, PLACES, type Fault, type FaultKind, type Role } from './fault.ts';
import { Health } from './health.ts';
import { Ledger } from './ledger.ts';
import { performAction } from './perform-action.ts';
import { isStartError, start, type Place, type StartOptions } from './place.ts';
import { SimulatedProcess } from './process.ts';
import { createRandom, type Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { RunLog } from './run-log.ts';
import type { Action, Scenario } from './scenario.ts';
import { SimulatedTime } from './time.ts';
import { Wire } from './wire.ts';

/** What tests plant: a decision of the draft that was wrong. */
export interface Planted {
  readonly fold?: Fold;
  readonly hostOptions?: Partial<HostOptions>;
  readonly adapt?: (ports: Ports, role: Role, world: World) => Ports;
  readonly pinTimeoutMs?: number;
  readonly scenario?: Scenario;
}

/** What a world is made of. It is a pure function of this. */
export interface WorldOptions {
  readonly seed: string;
  readonly scenario: Scenario;
  /** Only these kinds of faults. Default: all. */
  readonly faultKinds?: readonly FaultKind[] | undefined;
  /** Only these of the drawn faults and actions, by index: for a shortened run. */
  readonly onlyFaults?: readonly number[] | undefined;
  readonly onlyActions?: readonly number[] | undefined;
  readonly planted?: Planted | undefined;
  /** Hears what happens, in words. */
  readonly trace?: ((line: string) => void) | undefined;
}

const START = 1_767_225_600_000;
const PARTITIONS = 3;
const REQUEST_TIMEOUT_MS = 3_000;
const RESTART_MS = 500;

/** The hosts of a world look around less often: it is mostly idle time that is simulated. */
const LIMITS = { watchEveryMs: 4_000 };

/** Crossings that a trace shows: who gets which partition. */
const TRACED: ReadonlySet<string> = new Set(['reset', 'unpin', 'unpinned', 'fire']);

/** A world. */
export class World {
  readonly options: WorldOptions;
  readonly random: Random;
  readonly time: SimulatedTime = new SimulatedTime(START);
  readonly wire: Wire;
  readonly broker: BrokerState;
  readonly recorder: Recorder = new Recorder(() => this.time.now());
  readonly health: Health = new Health();
  readonly ledger: Ledger = new Ledger();
  readonly runs: RunLog = new RunLog(() => this.time.now());
  readonly places: ReadonlyMap<string, Place>;
  readonly scenario: Scenario;
  readonly fold: Fold;
  readonly actions: readonly Action[];
  readonly schedules: readonly Schedule[] | undefined;
  readonly faults: readonly Fault[];
  /** How often each kind of fault and each crash point came true. */
  readonly counts: Map<string, number> = new Map();
  /** Sequence after which the journal was lost, if it was. */
  restoredTo: number | undefined;
  /** When that was, ms. */
  restoredAt = 0;
  /** What it lost. */
  lost: readonly StoredEntry[] = [];
  /** Have message ids been forgotten? Then a client's repeat may be stored twice. */
  hasForgottenIds = false;
  isStormy = false;
  areTimersHeld = false;
  areSnapshotsRefused = false;
  isBrokerDown = false;
  /** What the broker's clock is off, ms. */
  brokerSkewMs = 0;
  /** Set at the end: no more faults, everything is started again. */
  isHealing = false;
  /** When that was, ms. */
  healedAt: number = Infinity;
  /** What a process threw out of nowhere: a defect. */
  readonly defects: unknown[] = [];
  readonly #starting: StartOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    const { seed, planted = {}, onlyFaults, onlyActions } = options;
    this.scenario = planted.scenario ?? options.scenario;
    this.random = createRandom(seed);
    this.wire = new Wire(this.time, this.random.fork('wire'));
    this.fold = planted.fold ?? standardFold;
    const { network } = this.wire;
    const clock = {
      now: () => this.time.now() + this.brokerSkewMs,
      after: (ms: number, callback: () => void) => this.time.after(ms, callback),
      every: (ms: number, callback: () => void) => this.time.every(ms, callback),
    };
    const broker = { clock, network, partitions: PARTITIONS, prefix: 'pawl', replicas: 1 } as const;
    const { pinTimeoutMs } = planted;
    this.broker = createBrokerState({
      ...broker,
      ...(pinTimeoutMs !== undefined && { pinTimeoutMs }),
    });
    this.places = new Map(
      (Object.entries(PLACES) as [Role, number][]).flatMap(([role, total]) =>
        Array.from({ length: total }, (_, index): [string, Place] => {
          const name = `${role}-${index + 1}`;
          const place = {
            name,
            role,
            process: undefined,
            running: undefined,
            count: 0,
            isOld: false,
          };
          return [name, place];
        }),
      ),
    );
    const actions = this.scenario.actions(this.random.fork('actions'));
    this.actions = onlyActions === undefined ? actions : pick(actions, onlyActions);
    this.schedules = this.scenario.schedules?.(this.random.fork('schedules'));
    const lastAt = actions.at(-1)?.at ?? 0;
    const faults = drawFaults(this.random.fork('faults'), lastAt, options.faultKinds);
    this.faults = onlyFaults === undefined ? faults : pick(faults, onlyFaults);
    const log: Log = (level, message, fields) => {
      if (level === 'error' || level === 'warn')
        this.trace(() => `  log ${level}: ${message} ${JSON.stringify(fields ?? {})}`);
    };
    if (options.trace !== undefined)
      this.wire.onCrossing = ({ kind, connection, direction, subject }) => {
        if (TRACED.has(kind)) this.trace(() => `  ${connection} ${direction} ${kind} ${subject}`);
      };
    this.#starting = {
      scenario: this.scenario,
      fold: this.fold,
      log: options.trace === undefined ? silentLog : log,
      random: this.random.fork('tasks'),
      isStorm: () => this.isStormy,
      runs: this.runs,
      adapt: (ports, role) => planted.adapt?.(ports, role, this) ?? ports,
      hostOptions: {
        limits: LIMITS,
        ...(this.schedules !== undefined && { schedules: this.schedules }),
        ...planted.hostOptions,
      },
    };
  }

  /** Says what happens, to whoever traces. */
  trace(line: () => string): void {
    const { trace } = this.options;
    if (trace === undefined) return;
    trace(`${((this.time.exact - START) / 1000).toFixed(3).padStart(8)} ${line()}`);
  }

  count(name: string, by: number = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  place(name: string): Place {
    const place = this.places.get(name);
    if (place === undefined) throw new RangeError(`There is no place ${name}.`);
    return place;
  }

  /** Starts all processes, and lets clients do what the scenario says. */
  begin(): void {
    for (const place of this.places.values()) this.launch(place);
    for (const [index, action] of this.actions.entries())
      this.time.at(this.timeOf(action), () => this.#act(action, index));
  }

  /** When something that is drawn happens: the processes get a second to start. */
  timeOf({ at }: { readonly at: number }): number {
    return START + 1_000 + at;
  }

  /** Starts a process at a place. */
  launch(place: Place): void {
    place.count += 1;
    const name = `${place.name}.${place.count}`;
    const process = new SimulatedProcess({
      name,
      place: place.name,
      time: this.time,
      broker: this.broker,
      network: this.wire.network,
      skewMs: this.random.integer(-40, 40),
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    place.process = process;
    place.running = undefined;
    this.trace(() => `${name} starts${place.isOld ? ', without the newest versions' : ''}`);
    const fold = place.role === 'host' ? this.recorder.watch(name, this.fold) : this.fold;
    start(place, process, { ...this.#starting, fold }).then(
      (running) => {
        if (place.process !== process || !process.isAlive) return;
        place.running = running;
        this.noteHealth();
      },
      (error: unknown) => {
        if (!isStartError(error)) this.defects.push(error);
        if (place.process === process && process.isAlive) this.crash(place, RESTART_MS);
      },
    );
    if (this.isBrokerDown) process.cut();
  }

  /** Ends the process of a place, and starts another after a while. */
  crash(place: Place, restartAfterMs: number): void {
    const { process } = place;
    if (process === undefined || !process.isAlive) return;
    this.trace(() => `${process.name} is killed`);
    for (const name of this.scenario.atKill?.(this.recorder.latest, place.role) ?? [])
      this.count(name);
    process.kill();
    place.running = undefined;
    this.noteHealth();
    this.time.after(restartAfterMs, () => {
      if (place.process === process) this.launch(place);
    });
  }

  /** Runs something later in the process that has these ports, if it is still there. */
  whileAlive(ports: Ports, afterMs: number, run: () => void): void {
    for (const { process } of this.places.values())
      if (process?.ports === ports) process.clock.after(afterMs, run);
  }

  /** To be called whenever something stops or starts to work. */
  noteHealth(): void {
    const isHostThere = [...this.places.values()].some(
      ({ running, process }) =>
        running?.role === 'host' && running.isComplete && process?.isWorking === true,
    );
    const { isBrokerDown, areTimersHeld, areSnapshotsRefused } = this;
    const isServed = isHostThere && !isBrokerDown && !areTimersHeld && !areSnapshotsRefused;
    this.health.note(this.time.exact, isServed);
  }

  #act(action: Action, index: number): void {
    const place = this.place(`client-${1 + (index % PLACES.client)}`);
    const { running, process } = place;
    if (running?.role !== 'client' || process === undefined) {
      // Whoever does it waits for a client, like a user at a page that reloads.
      if (!this.isHealing) this.time.after(300, () => this.#act(action, index));
      return;
    }
    const messageId = `${action.type}/${action.id}/action-${index}`;
    const line = this.ledger.open(action, messageId, this.time.now(), () => !process.isAlive);
    this.trace(() => `${process.name} ${describeAction(action)}`);
    const doer = {
      client: running.client,
      operator: running.operator,
      journal: this.broker.journal,
      now: () => this.time.now(),
    };
    performAction(doer, line).then(
      () =>
        this.trace(() => `${process.name} ${describeAction(action)}: ${JSON.stringify(line.end)}`),
      (error: unknown) => void this.defects.push(error),
    );
  }
}

const pick = <Item>(items: readonly Item[], indexes: readonly number[]): readonly Item[] =>
  indexes.flatMap((index) => {
    const item = items[index];
    return item === undefined ? [] : [item];
  });

const describeAction = (action: Action): string => {
  const what = 'event' in action ? action.event.type : 'what' in action ? action.what : '';
  return `${action.kind} ${action.type}/${action.id} ${what}`.trimEnd();
};
