// A simulated process: a clock and a connection of its own. It can be killed or paused at any
// await.
import type { Clock, Stoppable } from '@pawl/core';
import type { BrokerState } from '../memory/broker-state.ts';
import { Connection } from '../memory/connection.ts';
import { portsOf, type MemoryPorts } from '../memory/memory-ports.ts';
import type { Network } from '../memory/network.ts';
import type { SimulatedTime } from './time.ts';

/** What a process is made of. */
export interface ProcessOptions {
  /** Unique in the world: `host-1.3` is the third process in the place `host-1`. */
  readonly name: string;
  /** The place that it fills. */
  readonly place: string;
  readonly time: SimulatedTime;
  readonly broker: BrokerState;
  readonly network: Network;
  /** How much its clock is off, ms. */
  readonly skewMs: number;
  readonly requestTimeoutMs: number;
}

/**
 * One process. All awaits of hosts, workers and clients end in a port or in the clock, so a process
 * whose ports and clock are silent never goes on, wherever it stood.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly place: string;
  readonly connection: Connection;
  readonly ports: MemoryPorts;
  readonly clock: Clock;
  readonly #time: SimulatedTime;
  /** What came due while it was paused. */
  readonly #overdue: (() => void)[] = [];
  /** When it was ended; infinite while it is alive. */
  endedAt: number = Infinity;
  /** Was it ever halted or cut off? */
  wasHarmed = false;
  #isAlive = true;
  #isPaused = false;

  constructor(options: ProcessOptions) {
    const { name, place, time, broker, network, skewMs, requestTimeoutMs } = options;
    this.name = name;
    this.place = place;
    this.#time = time;
    this.clock = {
      now: () => time.now() + skewMs,
      after: (ms, callback) => this.#after(ms, callback),
      every: (ms, callback) => this.#every(ms, callback),
    };
    const { clock } = this;
    this.connection = new Connection({ name, network, clock, requestTimeoutMs });
    this.ports = portsOf({ ...broker, clock }, this.connection);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Does it run, and can it reach the broker? */
  get isWorking(): boolean {
    return this.#isAlive && !this.#isPaused && this.connection.isConnected;
  }

  /** Ends it in the middle of whatever it does, like `kill -9`. */
  kill(): void {
    if (this.#isAlive) this.endedAt = this.#time.now();
    this.#isAlive = false;
    this.#overdue.length = 0;
    this.connection.kill();
  }

  /** Halts it like SIGSTOP. What it has sent has been sent. */
  pause(): void {
    if (!this.#isAlive || this.#isPaused) return;
    this.#isPaused = true;
    this.wasHarmed = true;
    this.connection.stall();
  }

  /** Cuts its connection; `restore` of the connection ends that. */
  cut(): void {
    this.wasHarmed = true;
    this.connection.cut();
  }

  /** Goes on, with all that has piled up. */
  resume(): void {
    if (!this.#isAlive || !this.#isPaused) return;
    this.#isPaused = false;
    this.connection.resume();
    for (const run of this.#overdue.splice(0))
      this.#time.at(this.#time.exact, () => this.#run(run));
  }

  /** Does it, now or when the process goes on; never when it is gone. */
  whenRunning(run: () => void): void {
    this.#run(run);
  }

  #run(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused) this.#overdue.push(run);
    else run();
  }

  #after(ms: number, callback: () => void): Stoppable {
    let isStopped = false;
    const waiting = this.#time.after(ms, () =>
      this.#run(() => {
        if (!isStopped) callback();
      }),
    );
    return {
      stop: () => {
        isStopped = true;
        waiting.stop();
      },
    };
  }

  #every(ms: number, callback: () => void): Stoppable {
    let waiting: Stoppable | undefined;
    const next = (): void => {
      waiting = this.#after(Math.max(1, ms), () => {
        next();
        callback();
      });
    };
    next();
    return { stop: () => waiting?.stop() };
  }
}
