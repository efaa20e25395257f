// What kind of actor logic a statechart invokes or spawns.
import type { AnyActorLogic, AnyStateMachine } from 'xstate';
import { isCommand, type Command } from '../command.ts';
import { isJobCommand } from './job-contract.ts';
import { isPermit, type Permit } from '../permit.ts';
import { isAnyRemote, isRemote, type Remote } from '../remote.ts';

/** How the fold runs a piece of actor logic; `foreign` it cannot run. */
export type LogicKind =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'job' }
  | { readonly kind: 'any-remote' }
  | { readonly kind: 'remote'; readonly remote: Remote }
  | { readonly kind: 'permit'; readonly permit: Permit }
  | { readonly kind: 'machine'; readonly machine: AnyStateMachine }
  | { readonly kind: 'transition'; readonly logic: AnyActorLogic }
  | { readonly kind: 'foreign' };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Is this a statechart? */
export const isMachine = (logic: unknown): logic is AnyStateMachine =>
  isRecord(logic) && '__xstatenode' in logic;

/** `fromTransition`: a pure function, without a `start`. */
const isTransition = (logic: unknown): logic is AnyActorLogic =>
  isRecord(logic) &&
  typeof logic['transition'] === 'function' &&
  typeof logic['getInitialSnapshot'] === 'function' &&
  logic['start'] === undefined;

/** Tells commands, remote actors, machines and transition functions apart. */
export const kindOfLogic = (logic: unknown): LogicKind => {
  if (isCommand(logic)) return { kind: 'command', command: logic };
  if (isJobCommand(logic)) return { kind: 'job' };
  if (isRemote(logic)) return { kind: 'remote', remote: logic };
  if (isAnyRemote(logic)) return { kind: 'any-remote' };
  if (isPermit(logic)) return { kind: 'permit', permit: logic };
  if (isMachine(logic)) return { kind: 'machine', machine: logic };
  return isTransition(logic) ? { kind: 'transition', logic } : { kind: 'foreign' };
};
