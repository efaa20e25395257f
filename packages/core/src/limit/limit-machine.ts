// The built-in type `limit`, as a machine: for the registry, lists and pictures. Its entries are
// folded by `foldLimit`, because thousands of waiters in a context would cost every step O(n).
import { setup, type AnyStateMachine } from 'xstate';

/** `open` while a place is free, `full` while none is. */
export const limitMachine: AnyStateMachine = setup({}).createMachine({
  id: 'limit',
  version: '1',
  initial: 'open',
  states: { open: {}, full: {} },
});
