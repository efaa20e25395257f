// The ship of the simulated harbour: takes permits over several steps, for itself and for a tug.
import { permit, remote, type PermitGranted } from '@pawl/core';
import { assign, setup, type AnyStateMachine } from 'xstate';
import { unload } from './commands.ts';
import type { tug } from './tug.machine.ts';

/** Input of a ship. */
export interface ShipInput {
  readonly id: string;
  /** Scope of its berth. */
  readonly dock: string;
  /** How many berths it says there are. */
  readonly max: number;
}

/** Scope of the only cranes. */
export const CRANE = 'harbour/crane';

interface ShipContext extends ShipInput {
  readonly visits: number;
}

type ShipEvent =
  | { readonly type: 'MOOR' | 'LOAD' | 'TOW' | 'CANCEL' | 'SINK' | 'BREAK' | 'CRACK' }
  | PermitGranted<'berth'>
  | PermitGranted<'gear'>;

const berthOf = (ship: ShipInput): string => ship.dock;
const gearOf = (ship: ShipInput): readonly string[] => [ship.dock, CRANE];
const maxOf = (ship: ShipInput): number => ship.max;

/**
 * A ship, of a version. `CRACK` ends both in a fault, as no machine should; `BREAK` only the first,
 * and the second mends it.
 */
export const createShip = (version: string): AnyStateMachine =>
  setup({
    types: { input: {} as ShipInput, context: {} as ShipContext, events: {} as ShipEvent },
    actors: {
      berth: permit(berthOf, { max: maxOf }),
      gear: permit(gearOf, { max: maxOf }),
      unload,
      tug: remote<typeof tug>('tug'),
    },
    actions: {
      begin: assign({ visits: ({ context }) => context.visits + 1 }),
      crack: assign(() => {
        throw new Error('The hull cracks.');
      }),
      break: assign(() => {
        if (version === '1') throw new Error('The mast breaks.');
        return {};
      }),
    },
  }).createMachine({
    id: 'ship',
    version,
    context: ({ input }) => ({ ...input, visits: 0 }),
    initial: 'idle',
    on: { BREAK: { actions: 'break' }, CRACK: { actions: 'crack' }, SINK: '.sunk' },
    states: {
      idle: { on: { MOOR: 'mooring', LOAD: 'loading', TOW: 'towing' } },
      mooring: {
        entry: 'begin',
        invoke: { id: 'berth', src: 'berth', input: ({ context }) => context, onError: 'idle' },
        on: { CANCEL: 'idle', MOOR: { target: 'mooring', reenter: true } },
        initial: 'queued',
        states: {
          queued: { on: { 'pawl.granted.berth': 'working' } },
          working: {
            invoke: {
              id: 'unload',
              src: 'unload',
              input: ({ context }) => ({ note: context.dock }),
              onDone: 'anchored',
              onError: '#ship.idle',
            },
          },
          anchored: { after: { 600: '#ship.idle' } },
        },
      },
      loading: {
        entry: 'begin',
        invoke: { id: 'gear', src: 'gear', input: ({ context }) => context, onError: 'idle' },
        on: { CANCEL: 'idle' },
        initial: 'queued',
        states: {
          queued: { on: { 'pawl.granted.gear': 'working' } },
          working: {
            invoke: {
              id: 'load',
              src: 'unload',
              input: ({ context }) => ({ note: context.dock }),
              onDone: '#ship.idle',
              onError: '#ship.idle',
            },
          },
        },
      },
      towing: {
        entry: 'begin',
        invoke: { id: 'berth', src: 'berth', input: ({ context }) => context, onError: 'idle' },
        on: { CANCEL: 'idle' },
        initial: 'queued',
        states: {
          queued: { on: { 'pawl.granted.berth': 'towed' } },
          towed: {
            invoke: {
              id: 'tug',
              src: 'tug',
              input: ({ context: { id, visits, dock, max } }) => ({
                id: `${id}-${visits}`,
                input: { dock, max },
              }),
              onDone: '#ship.idle',
              onError: '#ship.idle',
            },
          },
        },
      },
      sunk: { type: 'final' },
    },
  });
