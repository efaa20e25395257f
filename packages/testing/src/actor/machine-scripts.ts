// Which tasks and children a machine has, as types: what `tasks` and `children` may script.
import type { CommandContract, InputOf, OutputOf, RemoteInput } from '@pawl/core';
import type { TaskError } from '@pawl/worker';
import type { AnyStateMachine, PromiseActorLogic, StateMachine } from 'xstate';
import type { TaskScript, Unanswered } from './task-script.ts';

/** The actors that a machine was set up with: `{ src, logic }`. */
export type ActorsOf<Machine extends AnyStateMachine> =
  Machine extends StateMachine<
    infer _Context,
    infer _Event,
    infer _Children,
    infer Actors,
    infer _Action,
    infer _Guard,
    infer _Delay,
    infer _Value,
    infer _Tag,
    infer _Input,
    infer _Output,
    infer _Emitted,
    infer _Meta,
    infer _Config
  >
    ? Actors
    : never;

/** Commands of a machine and of the machines that run inside it. */
type CommandActors<Actors> = Actors extends {
  readonly src: infer Src extends string;
  readonly logic: infer Logic;
}
  ? Logic extends { readonly contract: infer Contract extends CommandContract }
    ? { readonly src: Src; readonly contract: Contract }
    : Logic extends AnyStateMachine
      ? CommandActors<ActorsOf<Logic>>
      : never
  : never;

/** `{ createVolume: … }`: a script for each command, by its name in `setup({ actors })`. */
export type TaskScripts<Machine extends AnyStateMachine> = {
  readonly [Actor in CommandActors<ActorsOf<Machine>> as Actor['src']]?: TaskScript<
    OutputOf<Actor['contract']['input']>,
    InputOf<Actor['contract']['output']>
  >;
};

/** Remote actors of a machine and of the machines that run inside it. */
type RemoteActors<Actors> = Actors extends {
  readonly src: infer Src extends string;
  readonly logic: infer Logic;
}
  ? Logic extends { readonly remoteType: string } & PromiseActorLogic<infer Output, infer Input>
    ? { readonly src: Src; readonly output: Output; readonly input: Input }
    : Logic extends AnyStateMachine
      ? RemoteActors<ActorsOf<Logic>>
      : never
  : never;

/** A machine for a remote child, with its scripts. */
export interface ChildActor {
  readonly childMachine: AnyStateMachine;
  readonly tasks: Readonly<Record<string, unknown>>;
  readonly children: Readonly<Record<string, unknown>>;
}

/** How a remote child ends: at once, failed, not at all, or as an actor of its own. */
export type ChildScript<Input, Output> =
  | ((input: Input, id: string) => Output | TaskError | Promise<Output | TaskError>)
  | TaskError
  | Unanswered
  | AnyStateMachine
  | ChildActor;

/** `{ volume: … }`: what becomes of each remote actor, by its name in `setup({ actors })`. */
export type ChildScripts<Machine extends AnyStateMachine> = {
  readonly [Actor in RemoteActors<ActorsOf<Machine>> as Actor['src']]?: ChildScript<
    Actor['input'] extends RemoteInput<infer Input> ? Input : unknown,
    Actor['output']
  >;
};
