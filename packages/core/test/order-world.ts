// A small world for tests of operators' orders: machines, and a journal that is folded as it grows.
import {
  command,
  encodeBody,
  foldAgain,
  foldAgainOrderOf,
  foldTwice,
  readEntry,
  registerMachine,
  remote,
  type ActorState,
  type AdminOrder,
  type Effect,
  type Entry,
  type RegisteredMachine,
  type Step,
  type StoredEntry,
} from '@pawl/core';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
  retry: { attemptsMax: 3, backoffMs: 1000 },
});

const types = {} as {
  context: { name: string; backendId?: string; size: number };
  input: { name: string };
  events:
    { type: 'EXTEND'; by?: number } | { type: 'ATTACH' } | { type: 'DELETE' } | { type: 'NOTE' };
};

/** Volume, as version 1 has it: extending by nothing at all throws. */
export const createVolumeMachine = (version: string, isMended: boolean): RegisteredMachine =>
  registerMachine(
    'volume',
    setup({
      types,
      actors: { createVolume, disk: remote('disk') },
      guards: {
        isBroken: ({ event }) => {
          if (!isMended && event.type === 'EXTEND' && event.by === undefined)
            throw new Error('extend by what?');
          return true;
        },
      },
    }).createMachine({
      id: 'volume',
      version,
      initial: 'creating',
      context: ({ input }) => ({ name: input.name, size: 1 }),
      states: {
        creating: {
          invoke: {
            id: 'create',
            src: 'createVolume',
            input: ({ context }) => ({ name: context.name }),
            onDone: {
              target: 'ok',
              actions: assign({ backendId: ({ event }) => event.output.backendId }),
            },
            onError: 'erred',
          },
          after: { 600_000: 'erred' },
        },
        ok: {
          entry: emit({ type: 'volume.ok' }),
          on: {
            EXTEND: {
              guard: 'isBroken',
              actions: assign({ size: ({ context, event }) => context.size + (event.by ?? 1) }),
            },
            ATTACH: 'attached',
            NOTE: {},
          },
        },
        attached: {
          invoke: {
            id: 'disk',
            src: 'disk',
            input: () => ({ id: 'disk-1', input: {} }),
            onDone: 'ok',
            onError: 'erred',
          },
        },
        erred: { exit: emit({ type: 'volume.mended' }), on: { DELETE: 'gone' } },
        gone: { type: 'final' },
      },
    }),
  );

/** An actor whose journal grows. */
export class Life {
  readonly entries: Entry[] = [];
  readonly steps: Step[] = [];
  state: ActorState | undefined;
  time = 1_767_225_600_000;
  machine: RegisteredMachine;

  constructor(machine: RegisteredMachine) {
    this.machine = machine;
  }

  /** Appends and folds. */
  append(kindToken: string, body: object, headers: StoredEntry['headers'] = {}): Step {
    this.time += 1000;
    const entry = readEntry({
      type: 'volume',
      id: 'vol-1',
      sequence: this.entries.length + 1,
      time: this.time,
      kindToken,
      headers,
      body: encodeBody(body),
    });
    const step =
      foldAgainOrderOf(entry) === undefined
        ? foldTwice(this.machine, this.state, entry)
        : foldAgain(this.machine, this.state, [...this.entries], entry, foldTwice);
    this.entries.push(entry);
    this.steps.push(step);
    this.state = step.state;
    return step;
  }

  order(order: AdminOrder): Step {
    return this.append('admin', { ...order, by: 'ada', why: 'a test' });
  }

  /** Born and `ok`: its volume has the id `b-1`. */
  settle(): this {
    this.append('create', { input: { name: 'data' } });
    this.reply({ outcome: 'done', output: { backendId: 'b-1' } });
    return this;
  }

  /** Answers the pending `create`. */
  reply(end: object): Step {
    const generation = this.state?.pending.commands['create']?.generation;
    return this.append('reply-storage', {
      task: 'create-volume',
      path: 'create',
      generation,
      ...end,
    });
  }

  get value(): unknown {
    return this.state?.snapshot.value;
  }
}

/** Effects in short: kind and what it is about. */
export const shortOf = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => {
    switch (effect.kind) {
      case 'command':
      case 'cancel':
        return `${effect.kind} ${effect.path}`;
      case 'arm':
      case 'disarm':
        return `${effect.kind} ${effect.key}`;
      case 'peer':
        return `peer ${effect.to.type}/${effect.to.id} ${effect.event.type}`;
      case 'create':
        return `create ${effect.to.type}/${effect.to.id}`;
      case 'emit':
        return `emit ${effect.event.type}`;
      default:
        return effect.kind;
    }
  });
