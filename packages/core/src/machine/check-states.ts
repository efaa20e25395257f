// The registration check of states: walks the chart and checks what stands in each state.
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { MachineSchemas } from '../schemas-of.ts';
import { checkAction, checkDelay, checkGuard } from './check-actions.ts';
import { checkActors, checkInvokes } from './check-actors.ts';
import { checkPermits } from './check-permits.ts';
import { checkSettings } from './context-max.ts';
import { isMachine } from './logic.ts';
import type { Findings } from './problem.ts';

/** Done, error and snapshot events of spawned actors have no other place than `on`. */
const SPAWNED = /^xstate\.(done\.actor|error\.actor|snapshot)\.[A-Za-z0-9_-]+$/;
const SIGNAL = /^pawl\.(stop|late\..+|granted\.[A-Za-z0-9_-]+|run-ended)$/;

/** The states of a machine, the root first, in document order. */
export const statesOf = (machine: AnyStateMachine): AnyStateNode[] => {
  const list: AnyStateNode[] = [];
  const visit = (node: AnyStateNode): void => {
    list.push(node);
    for (const child of Object.values(node.states)) visit(child as AnyStateNode);
  };
  visit(machine.root);
  return list;
};

/** Event names in the `on` of a state. */
const eventsOf = (node: AnyStateNode): string[] =>
  Object.keys((node.config.on as Readonly<Record<string, unknown>> | undefined) ?? {});

const schemasOfMachine = (machine: AnyStateMachine): MachineSchemas | undefined =>
  machine.schemas as MachineSchemas | undefined;

const checkEvents = (node: AnyStateNode, findings: Findings): void => {
  const schemas = schemasOfMachine(node.machine)?.events;
  for (const event of eventsOf(node)) {
    const where = `${node.id} on ${event}`;
    if (event === '*' || event.endsWith('.*'))
      findings.problem(
        where,
        'Wildcards also catch events of the runtime. Name each event that the state takes.',
      );
    else if (event.startsWith('xstate.') && !SPAWNED.test(event))
      findings.problem(where, 'Events named xstate.… belong to XState: choose another name.');
    else if (event.startsWith('pawl.') && !SIGNAL.test(event))
      findings.problem(
        where,
        'Of the events named pawl.… only pawl.stop, pawl.late.<name> and pawl.granted.<invoke id> ' +
          'exist.',
      );
    else if (schemas !== undefined && !/^(xstate|pawl)\./.test(event) && !(event in schemas))
      findings.problem(
        where,
        `The event ${event} has no schema. Add it to the events of schemasOf(): ` +
          `${Object.keys(schemas).join(', ')}.`,
      );
  }
};

/** XState resolves `initial` only when it is read, and then throws. */
const initialActionsOf = (node: AnyStateNode, findings: Findings): readonly unknown[] => {
  if (node.type !== 'compound') return [];
  const { initial } = node.config as { readonly initial?: string | { readonly target?: string } };
  const target = typeof initial === 'object' ? initial.target : initial;
  if (target === undefined || Object.hasOwn(node.states, target)) return node.initial.actions;
  findings.problem(
    `${node.id} initial`,
    `It names ${JSON.stringify(target)}, which is no state in it. Name one of ` +
      `${Object.keys(node.states).join(', ')}.`,
  );
  return [];
};

const checkState = (node: AnyStateNode, findings: Findings): void => {
  const { machine, id } = node;
  for (const [place, actions] of [
    ['entry', node.entry],
    ['exit', node.exit],
    ['initial', initialActionsOf(node, findings)],
  ] as const)
    for (const action of actions as readonly unknown[])
      checkAction(machine, action, `${id} ${place}`, findings);
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? []);
  for (const { eventType, guard, actions } of transitions) {
    const where = `${id} on ${eventType === '' ? 'always' : String(eventType)}`;
    checkGuard(machine, guard, where, findings);
    for (const action of actions as readonly unknown[])
      checkAction(machine, action, where, findings);
  }
  for (const delay of Object.keys((node.config.after as object | undefined) ?? {}))
    if (Number.isNaN(Number(delay))) checkDelay(machine, delay, `${id} after`, findings);
};

/** Checks a machine and the machines that it invokes or spawns. */
export const checkMachine = (
  machine: AnyStateMachine,
  findings: Findings,
  seen: Set<AnyStateMachine> = new Set(),
): void => {
  if (seen.has(machine)) return;
  seen.add(machine);
  const ids = new Map<string, AnyStateNode[]>();
  checkActors(machine, machine.id, findings);
  const nodes = statesOf(machine);
  checkPermits(nodes, findings);
  for (const node of nodes) {
    checkSettings(node, findings);
    checkEvents(node, findings);
    checkState(node, findings);
    checkInvokes(node, node.id, ids, findings);
  }
  for (const logic of Object.values(machine.implementations.actors) as unknown[])
    if (isMachine(logic)) checkMachine(logic, findings, seen);
};

/** Event names that a machine has: its own, and the signals of the runtime that it handles. */
export const eventNamesOf = (
  machine: AnyStateMachine,
): { readonly events: ReadonlySet<string>; readonly signals: ReadonlySet<string> } => {
  const names = statesOf(machine).flatMap(eventsOf);
  const declared = Object.keys(schemasOfMachine(machine)?.events ?? {});
  // A schema gives a signal its type; nobody but the runtime may send it for all that.
  const sendable = [...names, ...declared].filter((name) => !/^(xstate|pawl)\./.test(name));
  return {
    events: new Set(sendable),
    signals: new Set(names.filter((name) => SIGNAL.test(name))),
  };
};
