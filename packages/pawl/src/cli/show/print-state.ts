// Prints the state that a client read, in the form that was asked for.
import type { ActorSnapshot } from '@pawl/client';
import type { StateView } from '@pawl/core';
import { print, type Invocation } from '../invocation.ts';
import { renderState } from './state-sheet.ts';

/** Prints a state: what the wire said with `--json`, a sheet otherwise. */
export const printState = (invocation: Invocation, state: ActorSnapshot): void => {
  const view = state.toJSON() as StateView; // Full states only come here: they were just read.
  const { terminal } = invocation;
  print(invocation, view, () => renderState(view, terminal, terminal.now()));
};
