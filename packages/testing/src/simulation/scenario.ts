// What is simulated: machines, the tasks of their commands, and what clients do to them.
import type { Client, Operator } from '@pawl/client';
import type { ActorAddress, ActorState, Clock, Schedule } from '@pawl/core';
import type { Task } from '@pawl/worker';
import type { AnyStateMachine } from 'xstate';
import type { Role } from './fault.ts';
import type { Random } from './random.ts';

/** Something a client, or a plain publisher, does. Times in ms since the beginning of the world. */
export type Action = { readonly at: number; readonly type: string; readonly id: string } & (
  | { readonly kind: 'create'; readonly input: unknown }
  /** By a publisher without our client: no version, no answer. */
  | { readonly kind: 'plain-create'; readonly input: unknown; readonly version?: string }
  | { readonly kind: 'send'; readonly event: SimulatedEvent }
  | { readonly kind: 'plain-send'; readonly event: SimulatedEvent }
  /** Somebody else has used the message id that the client will choose. */
  | { readonly kind: 'stolen-id'; readonly event: SimulatedEvent }
  | { readonly kind: 'load' }
  /** `run` is the call of the client; the id is the job's. */
  | { readonly kind: 'job'; readonly run: (client: Client, id: string) => Promise<unknown> }
  /** What an operator orders; `what` is for the trace. */
  | {
      readonly kind: 'order';
      readonly what: string;
      readonly run: (operator: Operator) => Promise<unknown>;
    }
);

/** An event of a machine. */
export interface SimulatedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What tasks are made with, for each worker that starts. */
export interface TaskWorld {
  /** The worker's clock: a task that takes time waits by it. */
  readonly clock: Clock;
  /** The same for all workers of a world: draw from `fork(idempotencyKey)`. */
  readonly random: Random;
  /** A task begins to work on something; to be called when it ends. */
  readonly begin: (what: string, run: string) => () => void;
  /** While a storm lasts, tasks that poll say `pending`. */
  readonly isStorm: () => boolean;
}

/** What is at hand when the faults of a world are over. */
export interface Closing {
  readonly client: Client;
  readonly operator: Operator;
  /** The newest states that any host has come to. */
  readonly states: () => readonly ActorState[];
  /** Has the journal lost its end? Then an operator has to look after what was lost. */
  readonly isRestored: boolean;
  /** Was the actor's journal folded again after this sequence? A release may be lost by that. */
  readonly wasFoldedAgain: (actor: ActorAddress, after: number) => boolean;
  readonly wait: (ms: number) => Promise<void>;
}

/** What is simulated. */
export interface Scenario {
  /** Service of the machines and of the tasks. */
  readonly service: string;
  /** By type: a machine, or several versions of it, oldest first. */
  readonly machines: Readonly<Record<string, AnyStateMachine | readonly AnyStateMachine[]>>;
  readonly tasks: (world: TaskWorld) => readonly Task[];
  /** What happens in one world: drawn from the seed. */
  readonly actions: (random: Random) => readonly Action[];
  /** What must hold when all is quiet, besides what holds for all machines: problems in words. */
  readonly check?: (states: ReadonlyMap<string, ActorState>) => readonly string[];
  /** What every host declares in one world. Hosts then serve the built-in commands as well. */
  readonly schedules?: (random: Random) => readonly Schedule[];
  /** Brings everybody to rest when the faults are over. */
  readonly closing?: (closing: Closing) => Promise<void>;
  /** What a process that is killed now leaves half done: it is counted. */
  readonly atKill?: AtKill;
}

/** Names of what is left half done. */
export type AtKill = (states: Iterable<ActorState>, role: Role) => readonly string[];

/** What can be simulated by name: all effects of an actor; permits and schedules. */
export type ScenarioName = 'shop' | 'harbour';
