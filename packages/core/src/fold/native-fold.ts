// Built-in types that fold their entries themselves, without XState.
import type { ActorState } from '../actor-state.ts';
import { foldLimit } from '../limit/fold-limit.ts';
import { limitMachine } from '../limit/limit-machine.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import type { Step } from '../step.ts';
import type { Turn } from './turn.ts';

/** Folds an entry of a built-in type; `state` is undefined before its birth. */
export type NativeFold = (turn: Turn, state: ActorState | undefined) => Step;

/** How the type folds its entries, if it does so itself. */
export const nativeFoldOf = ({ machine }: RegisteredMachine): NativeFold | undefined =>
  machine === limitMachine ? foldLimit : undefined;
