// The order of the simulated shop: commands, polls, retries, a remote child, peers, emits, timers.
import { actorAddress, remote } from '@pawl/core';
import { assign, emit, sendTo, setup, type AnyStateMachine } from 'xstate';
import { probe, step, type Serial } from './commands.ts';
import type { parcel } from './parcel.machine.ts';

/** Input of an order. */
export interface OrderInput {
  readonly id: string;
  /** Id of the counter that it reports to. */
  readonly counter: string;
}

/** Context of an order. */
export interface OrderContext extends OrderInput {
  /** Grows with each command, poll and parcel: an answer to an earlier one is told by it. */
  readonly serial: number;
  /** Reports sent to the counter. */
  readonly sent: number;
  readonly notes: number;
  readonly done: number;
  readonly failed: number;
  readonly late: number;
  /** What must never be: an answer that belongs to another question. */
  readonly flaws: readonly string[];
}

type OrderEvent =
  | { readonly type: 'START' | 'PROBE' | 'SHIP' | 'PAIR' | 'CANCEL' | 'NOTE' | 'CLOSE' }
  | { readonly type: 'pawl.late.step' | 'pawl.late.probe'; readonly output: Serial };

/** An order, of a version: a rolling deployment has two of them. */
export const createOrder = (version: string): AnyStateMachine =>
  setup({
    types: { input: {} as OrderInput, context: {} as OrderContext, events: {} as OrderEvent },
    actors: { step, probe, parcel: remote<typeof parcel>('parcel') },
    actions: {
      begin: assign({ serial: ({ context }) => context.serial + 1 }),
      report: sendTo(
        ({ context }) => actorAddress('counter', context.counter),
        ({ context }) => ({ type: 'COUNT', from: context.id, serial: context.sent + 1 }),
      ),
      reported: assign({ sent: ({ context }) => context.sent + 1 }),
      settle: assign(({ context, event }) => {
        const { output } = event as unknown as { output: Serial }; // Only done events get here.
        const flaw = `answer ${output.serial} to question ${context.serial}`;
        const isOurs = output.serial === context.serial;
        return { done: context.done + 1, flaws: isOurs ? context.flaws : [...context.flaws, flaw] };
      }),
      failed: assign({ failed: ({ context }) => context.failed + 1 }),
    },
  }).createMachine({
    id: 'order',
    version,
    context: ({ input }) => ({
      ...input,
      serial: 0,
      sent: 0,
      notes: 0,
      done: 0,
      failed: 0,
      late: 0,
      flaws: [],
    }),
    initial: 'idle',
    on: {
      NOTE: {
        actions: [
          assign({ notes: ({ context }) => context.notes + 1 }),
          emit(({ context }) => ({ type: 'noted', notes: context.notes })),
          'report',
          'reported',
        ],
      },
      'pawl.late.step': { actions: assign({ late: ({ context }) => context.late + 1 }) },
    },
    states: {
      idle: {
        on: { START: 'working', PROBE: 'probing', SHIP: 'shipping', PAIR: 'pair', CLOSE: 'closed' },
      },
      working: {
        entry: 'begin',
        invoke: {
          id: 'step',
          src: 'step',
          input: ({ context }) => ({ serial: context.serial }),
          onDone: { target: 'idle', actions: ['settle', 'report', 'reported'] },
          onError: { target: 'idle', actions: 'failed' },
        },
        on: { CANCEL: 'idle', START: { target: 'working', reenter: true } },
        after: { 60_000: 'idle' },
      },
      probing: {
        entry: 'begin',
        invoke: {
          id: 'probe',
          src: 'probe',
          input: ({ context }) => ({ serial: context.serial }),
          onDone: { target: 'idle', actions: ['settle', 'report', 'reported'] },
          onError: { target: 'idle', actions: 'failed' },
        },
        on: { CANCEL: 'idle' },
      },
      shipping: {
        entry: 'begin',
        invoke: {
          id: 'ship',
          src: 'parcel',
          input: ({ context }) => ({
            id: `${context.id}-${context.serial}`,
            input: {
              id: `${context.id}-${context.serial}`,
              counter: context.counter,
              serial: context.serial,
            },
          }),
          onDone: { target: 'idle', actions: ['settle', 'report', 'reported'] },
          onError: { target: 'idle', actions: 'failed' },
        },
        on: { CANCEL: 'idle' },
      },
      pair: {
        entry: ['begin', 'report', 'reported'],
        type: 'parallel',
        states: {
          work: {
            initial: 'doing',
            states: {
              doing: {
                invoke: {
                  id: 'pair-step',
                  src: 'step',
                  input: ({ context }) => ({ serial: context.serial }),
                  onDone: { target: 'over', actions: 'settle' },
                  onError: { target: 'over', actions: 'failed' },
                },
              },
              over: { type: 'final' },
            },
          },
          rest: {
            initial: 'resting',
            states: { resting: { after: { 1_500: 'over' } }, over: { type: 'final' } },
          },
        },
        onDone: { target: 'idle', actions: ['report', 'reported'] },
        on: { CANCEL: 'idle' },
      },
      closed: { type: 'final' },
    },
  });
