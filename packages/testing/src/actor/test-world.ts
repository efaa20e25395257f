// The world of a test: a broker in memory, a host, the workers that play the scripts, and the time.
import type { ActorAddress, Body, Clock, RegisterOptions, Step } from '@pawl/core';
import { checkJsonData, encodeBody, type Headers } from '@pawl/core';
import { startWorker } from '@pawl/worker';
import type { AnyStateMachine } from 'xstate';
import { createVirtualClock, type VirtualClock } from '../clock/virtual-clock.ts';
import { createBrokerState, type BrokerState } from '../memory/broker-state.ts';
import { Connection } from '../memory/connection.ts';
import { portsOf } from '../memory/memory-ports.ts';
import { promptNetwork, type Network } from '../memory/network.ts';
import { createCasting, type Casting, type Scripts } from './casting.ts';
import { TestHost } from './test-host.ts';

/** What a world is made of. */
export interface WorldOptions {
  readonly type: string;
  readonly machine: AnyStateMachine;
  readonly scripts: Scripts;
  readonly registration: RegisterOptions;
  /** Time at the start, ms since 1970. */
  readonly start: number | undefined;
}

/** An entry that a test appended. */
export interface AppendedStep {
  readonly sequence: number;
  readonly step: Step;
}

/** One world: actors in it meet only each other. */
export class TestWorld {
  readonly broker: BrokerState;
  readonly casting: Casting;
  readonly host: TestHost;
  /** Moves time and throws what went wrong meanwhile. */
  readonly clock: VirtualClock;
  readonly #time: VirtualClock;
  readonly #failures: unknown[] = [];
  readonly #workers: Promise<unknown>;
  #crossings = 0;

  constructor({ type, machine, scripts, registration, start }: WorldOptions) {
    const onFailure = (error: unknown): void => void this.#failures.push(error);
    this.casting = createCasting(type, machine, scripts, registration, onFailure);
    const clock = createVirtualClock(start === undefined ? {} : { start });
    const network: Network = (crossing, carry) => {
      this.#crossings += 1;
      promptNetwork(crossing, carry);
    };
    this.broker = createBrokerState({ clock, network, partitions: 1, prefix: 'pawl', replicas: 1 });
    const connection = new Connection({ name: 'test', network, clock, requestTimeoutMs: 5000 });
    const ports = portsOf(this.broker, connection);
    this.host = new TestHost({ broker: this.broker, ports, casting: this.casting, onFailure });
    this.#time = clock;
    this.clock = {
      ...clock,
      settle: () => this.settle(),
      advance: async (duration) => {
        await this.settle();
        await clock.advance(duration);
        await this.settle();
      },
    };
    this.#workers = startWorkers(ports, this.casting, clock);
    this.#workers.catch(onFailure);
  }

  /** Waits until nothing moves any more without time. Throws what went wrong. */
  async settle(): Promise<void> {
    await this.#workers;
    for (let before = -1; before !== this.#crossings; await this.#time.settle())
      before = this.#crossings;
    this.throwFailure();
  }

  /** Throws the first of the things that went wrong. */
  throwFailure(): void {
    if (this.#failures.length > 0) throw this.#failures.shift();
  }

  /** Appends an entry, which is folded at once. Throws when it could not be folded at all. */
  append(actor: ActorAddress, kindToken: string, body: Body, headers: Headers = {}): AppendedStep {
    checkJsonData(body, `The ${kindToken}`);
    const entry = { ...actor, kindToken, body: encodeBody(body), headers };
    const { sequence } = this.broker.journal.append(entry);
    const step = this.host.step(sequence);
    if (step !== undefined) return { sequence, step };
    this.throwFailure();
    throw new Error(`Nobody folds entries of ${actor.type}.`);
  }
}

const startWorkers = async (
  ports: ReturnType<typeof portsOf>,
  { tasks }: Casting,
  clock: Clock,
): Promise<void> => {
  for (const [service, ofService] of tasks)
    await startWorker({ ports, service, tasks: ofService, clock });
};
