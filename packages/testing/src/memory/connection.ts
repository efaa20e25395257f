// One connection to the memory broker: what a process has. It can be cut, stalled and closed.
import { PawlError, type BusSubscription, type Clock, type ErrorCode } from '@pawl/core';
import type { CrossingKind, Network } from './network.ts';

/** What a connection is in, as `Bus.onConnection` tells it. */
export type ConnectionState = 'connected' | 'disconnected' | 'closed';

/** What a connection is given by its broker. */
export interface ConnectionOptions {
  readonly name: string;
  readonly network: Network;
  readonly clock: Clock;
  /** How long a request waits for its answer, ms. */
  readonly requestTimeoutMs: number;
}

/** The wire between one process and the broker. */
export class Connection {
  readonly name: string;
  readonly #options: ConnectionOptions;
  readonly #onState = new Set<(state: ConnectionState) => void>();
  readonly #onReach = new Set<() => void>();
  readonly #unanswered = new Set<(reason: string, isClosing: boolean) => void>();
  readonly #held: (() => void)[] = [];
  #state: ConnectionState = 'connected';
  #isStalled = false;
  #isKilled = false;
  /** Grows with each cut: what was on its way to this process is lost. */
  #epoch = 0;

  constructor(options: ConnectionOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Does the broker still send here? A stalled process has a socket that takes bytes. */
  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Does the broker hear from this process? */
  get isReachable(): boolean {
    return this.isConnected && !this.#isStalled;
  }

  onState(listener: (state: ConnectionState) => void): BusSubscription {
    this.#onState.add(listener);
    return { stop: () => void this.#onState.delete(listener) };
  }

  /** Calls back whenever `isReachable` may have changed. For the broker's side. */
  onReach(listener: () => void): void {
    this.#onReach.add(listener);
  }

  /** Loses the connection. What has left is still carried; answers and deliveries are lost. */
  cut(): void {
    if (this.#state !== 'connected') return;
    this.#become('disconnected');
  }

  /** Connects again after a cut. */
  restore(): void {
    if (this.#state !== 'disconnected') return;
    this.#become('connected');
  }

  /** Ends for good, like a process that exits: nothing is handed over. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#become('closed');
  }

  /**
   * The process is gone in the middle of whatever it did: it hears nothing more, not even of
   * failures, and what it still calls neither leaves nor ends.
   */
  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    this.#unanswered.clear();
    this.close();
  }

  /** Stops like a hung process: nothing leaves or arrives until `resume`, but nothing is lost. */
  stall(): void {
    this.#isStalled = true;
    for (const listener of this.#onReach) listener();
  }

  /** Goes on after a stall, with all that has piled up, in order. */
  resume(): void {
    this.#isStalled = false;
    for (const listener of this.#onReach) listener();
    for (const carry of this.#held.splice(0)) carry();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    if (state !== 'connected') {
      this.#epoch += 1;
      this.#held.length = 0;
      const reason = state === 'closed' ? 'The connection was closed' : 'The connection was lost';
      for (const fail of [...this.#unanswered]) fail(reason, state === 'closed');
    }
    for (const listener of this.#onReach) listener();
    for (const listener of [...this.#onState]) listener(state);
  }

  /** Sends something to the broker; lost when there is no connection. */
  toBroker(kind: CrossingKind, subject: string, carry: () => void): void {
    if (!this.isConnected) return;
    this.#cross('to-broker', kind, subject, carry);
  }

  /** Sends something to the process; lost when the connection is cut before it arrives. */
  toClient(kind: CrossingKind, subject: string, carry: () => void): void {
    if (!this.isConnected) return;
    const epoch = this.#epoch;
    const arrive = (): void => {
      if (this.#epoch !== epoch) return;
      if (this.#isStalled) this.#held.push(arrive);
      else carry();
    };
    this.#cross('to-client', kind, subject, arrive);
  }

  #cross(
    direction: 'to-broker' | 'to-client',
    kind: CrossingKind,
    subject: string,
    carry: () => void,
  ): void {
    const crossing = { connection: this.name, direction, kind, subject };
    const leave = (): void => this.#options.network(crossing, carry);
    if (this.#isStalled) this.#held.push(leave);
    else leave();
  }

  /** Something that changes the broker. Rejects with `outcome-unknown` when no answer comes. */
  write<T>(kind: CrossingKind, subject: string, onBroker: () => T): Promise<T> {
    return this.#request(kind, subject, onBroker, 'outcome-unknown');
  }

  /** Something that only looks. Rejects with `no-connection` when no answer comes. */
  read<T>(kind: CrossingKind, subject: string, onBroker: () => T): Promise<T> {
    return this.#request(kind, subject, onBroker, 'no-connection');
  }

  #request<T>(
    kind: CrossingKind,
    subject: string,
    onBroker: () => T,
    whenLost: ErrorCode,
  ): Promise<T> {
    const what = `${kind} ${subject}`;
    if (this.#isKilled) return new Promise<T>(() => undefined);
    if (this.#state === 'closed')
      return Promise.reject(new PawlError('closed', `The connection is closed: ${what}.`));
    if (this.#state === 'disconnected')
      return Promise.reject(new PawlError('no-connection', `There is no connection: ${what}.`));
    const { clock, requestTimeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const fail = (reason: string, isClosing: boolean): void => {
        forget();
        if (this.#isKilled) return;
        const code = isClosing && whenLost === 'no-connection' ? 'closed' : whenLost;
        reject(new PawlError(code, `${reason} before the answer came: ${what}.`));
      };
      const timer = clock.after(requestTimeoutMs, () => fail('The time was up', false));
      const forget = (): void => {
        timer.stop();
        this.#unanswered.delete(fail);
      };
      this.#unanswered.add(fail);
      this.toBroker(kind, subject, () => {
        const settle = attempt(onBroker, resolve, reject);
        this.toClient(kind, subject, () => {
          forget();
          settle();
        });
      });
    });
  }
}

/** Runs the broker's part now and says how the answer ends the request. */
const attempt = <T>(
  onBroker: () => T,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): (() => void) => {
  try {
    const value = onBroker();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
};
