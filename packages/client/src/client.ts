// openClient(): the door for those who create actors, send them events and follow their states.
import type { ActorSummary, Command, InputOf, OutputOf, Schema } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import { createActorHandle, type ActorHandle } from './actor-handle.ts';
import { listActors, type ListOptions } from './list-actors.ts';
import { openShell, type ShellOptions } from './open-shell.ts';
import { runJob, type RunOptions } from './run-job.ts';

/** Options of `openClient`. */
export type ClientOptions = ShellOptions;

/** An open client. */
export interface Client {
  /** A handle by machine: its id is the actor type, and events are checked before they are sent. */
  actor<Machine extends AnyStateMachine>(machine: Machine, id: string): ActorHandle<Machine>;
  /** A handle by type: `actor<typeof volume>('volume', id)` needs a type import only. */
  actor<Machine extends AnyStateMachine = AnyStateMachine>(
    type: string,
    id: string,
  ): ActorHandle<Machine>;
  /** The actors of a type, by id. */
  list(type: string | AnyStateMachine, options?: ListOptions): AsyncIterable<ActorSummary>;
  /**
   * Runs one command as an actor of its own and returns its output. Only for contracts that say
   * `job: true`. Throws CommandFailedError.
   */
  run<Input extends Schema, Output extends Schema>(
    command: Command<Input, Output>,
    input: InputOf<Input>,
    options?: RunOptions,
  ): Promise<OutputOf<Output>>;
  /** Ends all subscriptions and waits; what is still asked fails with `closed`. */
  close(): Promise<void>;
}

/** Opens a client. Throws `invalid-name`. */
export const openClient = (options: ClientOptions): Client => {
  const { shell, close } = openShell(options, 'client');
  return {
    actor: <Machine extends AnyStateMachine>(
      machineOrType: Machine | string,
      id: string,
    ): ActorHandle<Machine> => {
      shell.checkOpen();
      return typeof machineOrType === 'string'
        ? createActorHandle<Machine>(shell, { type: machineOrType, id }, undefined)
        : createActorHandle<Machine>(shell, { type: machineOrType.id, id }, machineOrType);
    },
    list: (type, listOptions = {}) =>
      listActors(shell, typeof type === 'string' ? type : type.id, listOptions),
    run: (command, input, runOptions = {}) => runJob(shell, command, input, runOptions),
    close,
  };
};
