// What `pawl dev` takes from a module: a default export that says it all, or exports found by kind.
import type { Task } from '@pawl/worker';
import { isActorType } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import { UsageError } from '../usage-error.ts';

/** Machines and tasks of one module. */
export interface UserModule {
  readonly service: string;
  readonly machines: Readonly<Record<string, AnyStateMachine>>;
  readonly tasks: readonly Task[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The user's XState may be another copy than ours, so the form decides and not the class. */
const isMachine = (value: unknown): value is AnyStateMachine =>
  isObject(value) && '__xstatenode' in value;

const isTask = (value: unknown): value is Task =>
  isObject(value) && isObject(value['contract']) && typeof value['run'] === 'function';

/** `dataVolume` → `data-volume`: a type from the name of an export. */
const typeOf = (name: string, machine: AnyStateMachine): string => {
  if (isActorType(machine.id)) return machine.id;
  return name
    .replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : '-'}${letter}`)
    .toLowerCase();
};

const checkedMachines = (value: unknown): Readonly<Record<string, AnyStateMachine>> => {
  if (!isObject(value)) throw new UsageError('`machines` of the default export is not an object.');
  for (const [type, machine] of Object.entries(value))
    if (!isMachine(machine)) throw new UsageError(`machines.${type} is no XState machine.`);
  return value as Readonly<Record<string, AnyStateMachine>>;
};

const checkedTasks = (value: unknown): readonly Task[] => {
  const tasks: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = tasks.findIndex((each) => !isTask(each));
  if (wrong >= 0)
    throw new UsageError(`tasks[${wrong}] is no task: make it with task(command, …).`);
  return tasks as readonly Task[];
};

/** The one service that is named anywhere: by tasks, or by commands that machines invoke. */
const serviceOf = (
  machines: Readonly<Record<string, AnyStateMachine>>,
  tasks: readonly Task[],
): string => {
  const commands = Object.values(machines).flatMap((machine): unknown[] =>
    Object.values(machine.implementations.actors as Readonly<Record<string, unknown>>),
  );
  const services = [...commands, ...tasks].flatMap((each) => {
    const contract = isObject(each) ? each['contract'] : undefined;
    return isObject(contract) && typeof contract['service'] === 'string'
      ? [contract['service']]
      : [];
  });
  const [service, ...others] = new Set(services);
  if (service !== undefined && others.length === 0) return service;
  throw new UsageError(
    service === undefined
      ? "No service is named: export const service = 'storage'."
      : `Which service owns the machines: ${[service, ...others].join(' or ')}? ` +
          `Say it: export const service = '${service}'.`,
  );
};

/** Reads the exports of a module. Throws UsageError that says what is missing. */
export const readUserModule = (exports: Readonly<Record<string, unknown>>): UserModule => {
  const { default: main } = exports;
  const whole = isObject(main) && !isMachine(main) && !isTask(main) && 'machines' in main;
  const named = Object.entries(exports);
  const machines = whole
    ? checkedMachines(main['machines'])
    : Object.fromEntries(
        named.flatMap(([name, value]) =>
          isMachine(value) ? [[typeOf(name, value), value] as const] : [],
        ),
      );
  const tasks = whole
    ? checkedTasks(main['tasks'] ?? [])
    : named
        .flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]))
        .filter(isTask);
  if (Object.keys(machines).length === 0 && tasks.length === 0)
    throw new UsageError(
      'It exports neither machines nor tasks: export default { service, machines: { … }, ' +
        'tasks: [ … ] }, or export each by name.',
    );
  const said = whole ? main['service'] : exports['service'];
  if (said !== undefined && typeof said !== 'string')
    throw new UsageError('`service` is not a string.');
  return { service: said ?? serviceOf(machines, tasks), machines, tasks };
};
