// Machines and tasks of the installation that the doctor's tests make ill.
import { command, schemasOf, task, type Task } from 'pawl';
import { setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';

const none = z.object({});

/** One command of a service. */
const commandOf = (service: string, name: string) =>
  command({ name, service, input: none, output: none });

/** A machine that invokes one command, and faults when it is told to crash. */
const commanding = (id: string, service: string, name: string): AnyStateMachine => {
  const { types, schemas } = schemasOf({
    input: none,
    context: none,
    events: { RUN: none, CRASH: none },
  });
  return setup({
    types,
    schemas,
    actors: { work: commandOf(service, name) },
    guards: {
      isSound: () => {
        throw new Error('a guard that throws');
      },
    },
  }).createMachine({
    id,
    version: '1',
    context: {},
    initial: 'idle',
    states: {
      idle: { on: { RUN: 'running', CRASH: { guard: 'isSound', target: 'gone' } } },
      running: { invoke: { id: 'work', src: 'work', input: {}, onDone: 'idle', onError: 'idle' } },
      gone: { type: 'final' },
    },
  });
};

const taskOf = (service: string, name: string): Task => task(commandOf(service, name), () => ({}));

/** The healthy part: service `storage`. */
export const disk: AnyStateMachine = commanding('disk', 'storage', 'make-disk');
/** Its task. */
export const makeDisk: Task = taskOf('storage', 'make-disk');

/** Of `storage` as well; nobody has its task at first. */
export const pool: AnyStateMachine = commanding('pool', 'storage', 'grow-pool');
/** Its task. */
export const growPool: Task = taskOf('storage', 'grow-pool');

/** Of service `shop`, which has no host at first; its command is for `billing`. */
export const order: AnyStateMachine = commanding('order', 'billing', 'charge');
/** The task of `billing`. */
export const charge: Task = taskOf('billing', 'charge');

/** Of service `attic`, whose only host is one that pulls nothing. */
export const box: AnyStateMachine = commanding('box', 'storage', 'make-disk');

/** Of a type that no service owns at first. */
export const ghost: AnyStateMachine = commanding('ghost', 'storage', 'make-disk');
