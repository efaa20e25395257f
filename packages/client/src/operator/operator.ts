// openOperator(): for those who mend actors. Apart from clients: nobody holds it by accident.
import { checkAddress } from '@pawl/core';
import type { ActorAddress, ActorSummary, ErrorData, EventBody, StateView } from '@pawl/core';
import { askState } from '../ask.ts';
import { listActors, type ListOptions } from '../list-actors.ts';
import { openShell, type ShellOptions } from '../open-shell.ts';
import { operateLetters, type OperatedLetters } from './dead-letter-orders.ts';
import { foldActorAgain, type FoldAgainOptions } from './fold-actor-again.ts';
import { giveOrder, type OrderOptions, type OrderResult } from './give-order.ts';
import { operateLimits, type OperatedLimits } from './operated-limits.ts';
import { operateQueues, type OperatedQueues } from './operated-queues.ts';
import { stuckActors, type StuckActor, type StuckOptions } from './stuck-actors.ts';

/** Options of `openOperator`. */
export interface OperatorOptions extends ShellOptions {
  /** Who orders: stands in every entry. A claim, unless a gateway stamps it. */
  readonly by: string;
}

/** What can be injected: an event, the end of a command or child, a timer. */
export type Injection =
  | { readonly event: EventBody }
  | { readonly path: string; readonly output: unknown }
  | { readonly path: string; readonly error: ErrorData }
  | { readonly timer: string };

/** One actor, seen by an operator. All orders throw when they are refused. */
export interface OperatedActor extends ActorAddress {
  load(): Promise<StateView>;
  /** A faulted actor goes on; failed commands, or the one at `path`, begin their next attempt. */
  retry(options?: OrderOptions & { readonly path?: string }): Promise<OrderResult>;
  /** Delivers as if it had come. */
  inject(injection: Injection, options?: OrderOptions): Promise<OrderResult>;
  /** Entries from now on wait in the journal. Commands that are out go on. */
  pause(options?: OrderOptions): Promise<OrderResult>;
  /** Folds what waits, whatever the reason. */
  resume(options?: OrderOptions): Promise<OrderResult>;
  /** Folds the journal anew by a mended machine. */
  foldAgain(options?: FoldAgainOptions): Promise<OrderResult>;
  /** Enters a state of the chart; `context` replaces fields. */
  setState(
    value: unknown,
    options?: OrderOptions & { readonly context?: Readonly<Record<string, unknown>> },
  ): Promise<OrderResult>;
  /** Ends the actor without doing anything about what it stands for. */
  unlink(options?: OrderOptions): Promise<OrderResult>;
}

/** An open operator. */
export interface Operator {
  readonly deadLetters: OperatedLetters;
  readonly queues: OperatedQueues;
  readonly limits: OperatedLimits;
  actor(type: string, id: string): OperatedActor;
  list(type: string, options?: ListOptions): AsyncIterable<ActorSummary>;
  /** What has waited longer than a time, on what, and who holds it. */
  stuck(options?: StuckOptions): AsyncIterable<StuckActor>;
  close(): Promise<void>;
}

/** Opens an operator. Needs the permissions of the role `operator`. Throws `invalid-name`. */
export const openOperator = (options: OperatorOptions): Operator => {
  const { shell, close } = openShell(options, 'operator');
  const actorOf = (type: string, id: string): OperatedActor => {
    const actor = { type, id };
    checkAddress(actor);
    const give = (order: Parameters<typeof giveOrder>[2], given: OrderOptions = {}) =>
      giveOrder(shell, actor, order, given);
    return {
      ...actor,
      load: () => askState(shell, actor),
      retry: ({ path, ...given } = {}) =>
        give({ type: 'retry', ...(path !== undefined && { path }) }, given),
      inject: (injection, given) => {
        if ('error' in injection)
          return give({ type: 'inject', outcome: 'failed', ...injection }, given);
        if ('path' in injection)
          return give({ type: 'inject', outcome: 'done', ...injection }, given);
        return give({ type: 'inject', ...injection }, given);
      },
      pause: (given) => give({ type: 'pause' }, given),
      resume: (given) => give({ type: 'resume' }, given),
      foldAgain: (given = {}) => foldActorAgain(shell, actor, given),
      setState: (value, { context, ...given } = {}) =>
        give({ type: 'set-state', value, ...(context !== undefined && { context }) }, given),
      unlink: (given) => give({ type: 'unlink' }, given),
    };
  };
  return {
    deadLetters: operateLetters(shell),
    queues: operateQueues(shell),
    limits: operateLimits(shell),
    actor: actorOf,
    list: (type, listOptions = {}) => listActors(shell, type, listOptions),
    stuck: (stuckOptions = {}) => stuckActors(shell, stuckOptions),
    close,
  };
};
