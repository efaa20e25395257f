// childActor(): a remote child that is run by its own machine, with scripts of its own.
import type { AnyStateMachine } from 'xstate';
import type { ChildActor, ChildScripts, TaskScripts } from './machine-scripts.ts';

/** Runs remote children by this machine: `children: { volume: childActor(volume, { tasks }) }`. */
export const childActor = <Machine extends AnyStateMachine>(
  machine: Machine,
  options: {
    readonly tasks?: TaskScripts<Machine>;
    readonly children?: ChildScripts<Machine>;
  } = {},
): ChildActor => ({
  childMachine: machine,
  tasks: options.tasks ?? {},
  children: options.children ?? {},
});
