// Who plays what in a test: scripts by command, and what becomes of remote children.
import {
  LIMIT_TYPE,
  PawlError,
  isRemote,
  limitMachine,
  registerMachine,
  type Command,
  type RegisterOptions,
  type RegisteredMachine,
} from '@pawl/core';
import { task, type Task } from '@pawl/worker';
import type { AnyStateMachine } from 'xstate';
import type { ChildActor } from './machine-scripts.ts';
import { ScriptPlayer } from './task-script.ts';

/** Scripts as they come in, their types checked by the compiler. */
export interface Scripts {
  readonly tasks: Readonly<Record<string, unknown>> | readonly Task[];
  readonly children: Readonly<Record<string, unknown>>;
}

/** Who plays what. */
export interface Casting {
  readonly machines: ReadonlyMap<string, RegisteredMachine>;
  /** By `<service> <task>`. */
  readonly players: ReadonlyMap<string, ScriptPlayer>;
  /** Scripts of remote children, by type. */
  readonly children: ReadonlyMap<string, unknown>;
  /** Tasks for the worker of each service. */
  readonly tasks: ReadonlyMap<string, readonly Task[]>;
}

const isMachine = (value: unknown): value is AnyStateMachine =>
  typeof value === 'object' && value !== null && 'implementations' in value && 'root' in value;

const isChildActor = (value: unknown): value is ChildActor =>
  typeof value === 'object' && value !== null && 'childMachine' in value;

const keyOf = (service: string, name: string): string => `${service} ${name}`;

/** Puts it together. Throws `machine-invalid` for a machine that fails the registration check. */
export const createCasting = (
  type: string,
  machine: AnyStateMachine,
  scripts: Scripts,
  options: RegisterOptions,
  onFailure: (error: unknown) => void,
): Casting => {
  const machines = new Map<string, RegisteredMachine>();
  const players = new Map<string, ScriptPlayer>();
  const children = new Map<string, unknown>();
  const tasks = new Map<string, Map<string, Task>>();

  const addTask = (added: Task): void => {
    const { service, name } = added.contract;
    const ofService = tasks.get(service) ?? new Map<string, Task>();
    tasks.set(service, ofService);
    if (!ofService.has(name)) ofService.set(name, added);
  };

  const castCommand = (src: string, command: Command, script: unknown): void => {
    const { service, name } = command.contract;
    if (players.has(keyOf(service, name))) return;
    const player = new ScriptPlayer(src, script);
    players.set(keyOf(service, name), player);
    addTask(
      task(command, (input, context) => {
        try {
          return player.play(input, context);
        } catch (error) {
          if (error instanceof PawlError && error.code === 'task-missing') onFailure(error);
          throw error;
        }
      }),
    );
  };

  const castMachine = (ownType: string, own: AnyStateMachine, its: Scripts): void => {
    if (machines.has(ownType)) return;
    const registered = registerMachine(ownType, own, options);
    machines.set(ownType, registered);
    const isList = Array.isArray(its.tasks);
    if (isList) (its.tasks as readonly Task[]).forEach(addTask);
    const byName = isList ? {} : (its.tasks as Readonly<Record<string, unknown>>);
    for (const [src, command] of registered.commands)
      if (Object.hasOwn(byName, src)) castCommand(src, command, byName[src]);
    castRemotes(own, its);
  };

  /** Remote children of a machine and of the machines that run inside it. */
  const castRemotes = (own: AnyStateMachine, its: Scripts): void => {
    for (const [src, logic] of Object.entries(own.implementations.actors) as [string, unknown][])
      if (isRemote(logic)) {
        if (Object.hasOwn(its.children, src)) castChild(logic.remoteType, its.children[src], its);
      } else if (isMachine(logic)) castRemotes(logic, its);
  };

  const castChild = (childType: string, script: unknown, its: Scripts): void => {
    if (isMachine(script)) castMachine(childType, script, its);
    else if (isChildActor(script)) castMachine(childType, script.childMachine, script);
    else children.set(childType, script);
  };

  castMachine(type, machine, scripts);
  machines.set(LIMIT_TYPE, registerMachine(LIMIT_TYPE, limitMachine));
  return {
    machines,
    players,
    children,
    tasks: new Map([...tasks].map(([service, byName]) => [service, [...byName.values()]])),
  };
};
