// A world for tests of operators: the real host in memory and virtual time, a client, an operator.
import { openClient, openOperator, type Client, type Operator } from '@pawl/client';
import { command, encodeBody, PawlError, type ErrorCode, type Ports } from '@pawl/core';
import { startHost, type Host } from '@pawl/host';
import { createMemoryBroker, createVirtualClock, type MemoryBroker } from '@pawl/testing';
import * as assert from 'uvu/assert';
import { assign, emit, setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
  deadlineMs: 86_400_000,
});

const types = {} as {
  context: { name: string; size: number; backendId?: string };
  input: { name: string };
  events: { type: 'EXTEND'; by?: number } | { type: 'REDO' } | { type: 'NOTE' };
};

const machineOf = (version: string, isMended: boolean): AnyStateMachine =>
  setup({
    types,
    actors: { createVolume },
    guards: {
      isSound: ({ event }) => {
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
      },
      ok: {
        entry: emit({ type: 'volume.ok' }),
        on: {
          EXTEND: {
            guard: 'isSound',
            actions: assign({ size: ({ context, event }) => context.size + (event.by ?? 1) }),
          },
          REDO: 'creating',
        },
      },
      erred: { on: { NOTE: 'erred' } },
    },
  });

/** Version 1: extending by nothing at all throws. */
export const one = machineOf('1', false);
/** Version 2 takes that. */
export const two = machineOf('2', true);
/** The one actor of the world. */
export const actor = { type: 'volume', id: 'vol-1' };

/** A broker with a host, a client and an operator; time goes on while something is awaited. */
export class World {
  readonly clock = createVirtualClock();
  readonly broker: MemoryBroker = createMemoryBroker({ clock: this.clock, partitions: 2 });
  readonly ports: Ports = this.broker.ports('test');
  readonly client: Client = openClient({ ports: this.broker.ports('client'), clock: this.clock });
  readonly operator: Operator = openOperator({
    ports: this.broker.ports('operator'),
    clock: this.clock,
    by: 'ada',
  });
  hosts = 0;
  host: Host | undefined;

  /** Waits for something while time goes on. */
  async within<Result>(promise: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const end = (): void => {
      isSettled = true;
    };
    promise.then(end, end);
    for (let turn = 0; turn < 1200 && !isSettled; turn += 1) await this.clock.advance(50);
    assert.ok(isSettled, 'nothing came of it in a minute');
    return promise;
  }

  async start(machines: readonly AnyStateMachine[]): Promise<void> {
    this.hosts += 1;
    const host = startHost({
      ports: this.broker.ports(`host-${this.hosts}`),
      service: 'storage',
      machines: { volume: machines },
      clock: this.clock,
      checkSteps: true,
      builtIns: false,
    });
    this.host = await this.within(host);
  }

  async restart(machines: readonly AnyStateMachine[]): Promise<void> {
    if (this.host !== undefined) await this.within(this.host.stop());
    await this.start(machines);
  }

  /** A volume that is `ok`: an operator says what its creation gave. */
  async settle(): Promise<void> {
    await this.within(this.client.actor(actor.type, actor.id).create({ name: 'data' }));
    await this.within(this.volume.inject({ path: 'create', output: { backendId: 'b-1' } }));
  }

  /** An event that nobody waits for an answer to. */
  async post(event: object): Promise<number> {
    const entry = { ...actor, kindToken: 'event', body: encodeBody(event) };
    const { sequence } = await this.within(this.ports.journal.append(entry));
    await this.clock.advance(500);
    return sequence;
  }

  async state() {
    return this.within(this.volume.load());
  }

  get volume() {
    return this.operator.actor(actor.type, actor.id);
  }

  async refusal(promise: Promise<unknown>): Promise<ErrorCode> {
    try {
      await this.within(promise);
    } catch (error) {
      if (error instanceof PawlError) return error.code;
      throw error;
    }
    return assert.unreachable('it was not refused') as never;
  }
}

/** Opens a world with a host of these machines. */
export const open = async (machines: readonly AnyStateMachine[] = [one]): Promise<World> => {
  const world = new World();
  await world.start(machines);
  return world;
};
