// The registration check of actors: invokes have ids, and their logic is something a fold can run.
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { isActorId } from '../names.ts';
import { kindOfLogic } from './logic.ts';
import type { Findings } from './problem.ts';

/** An invoke as the config has it. */
export interface InvokeConfig {
  readonly id?: string;
  readonly src: unknown;
  readonly onError?: unknown;
}

/** Kinds that end by the journal, and so can fail. */
const WAITING: ReadonlySet<string> = new Set(['command', 'job', 'remote', 'any-remote']);

/** Checks the `src` of an invoke or spawn. */
export const checkLogicName = (
  machine: AnyStateMachine,
  src: unknown,
  where: string,
  findings: Findings,
): void => {
  if (typeof src !== 'string')
    findings.problem(where, 'Inline actor logic has no name: put it into setup({ actors }).');
  else if (machine.implementations.actors[src] === undefined)
    findings.problem(where, `The actor ${JSON.stringify(src)} is not in setup({ actors }).`);
};

/** Can both states be active at once: one in the other, or in two regions of a parallel state? */
export const canCoincide = (one: AnyStateNode, other: AnyStateNode): boolean => {
  const ancestors = new Set<AnyStateNode>();
  for (let node: AnyStateNode | undefined = one; node; node = node.parent) ancestors.add(node);
  let shared = other;
  while (!ancestors.has(shared) && shared.parent) shared = shared.parent;
  return shared === one || shared === other || shared.type === 'parallel';
};

/** The invokes of one state. */
export const invokesOf = ({ config }: AnyStateNode): readonly InvokeConfig[] => {
  const configured: unknown = config.invoke ?? [];
  return (Array.isArray(configured) ? configured : [configured]) as InvokeConfig[];
};

const canFail = (found: ReturnType<typeof kindOfLogic>): boolean => {
  if (found.kind !== 'permit') return WAITING.has(found.kind);
  // What is known beforehand has been checked when it was declared.
  const { scope, max } = found.permit.permit;
  return typeof scope === 'function' || typeof max === 'function';
};

/** Checks the invokes of one state; `seen` has the states of each id in the whole machine. */
export const checkInvokes = (
  node: AnyStateNode,
  where: string,
  seen: Map<string, AnyStateNode[]>,
  findings: Findings,
): void => {
  const { machine } = node;
  for (const { id, src, onError } of invokesOf(node)) {
    const at = `${where} invoke ${id ?? String(src)}`;
    checkLogicName(machine, src, at, findings);
    if (id === undefined) {
      findings.problem(at, 'An invoke needs an id: it is the path of the command.');
      continue;
    }
    if (!isActorId(id))
      findings.problem(at, `The id ${JSON.stringify(id)} must be of A-Z, a-z, 0-9, _ and -.`);
    const others = seen.get(id) ?? [];
    const clash = others.find((other) => canCoincide(node, other));
    if (clash !== undefined)
      findings.problem(
        at,
        `The id ${id} is also used in ${clash.id}, which can be active at the same time: give each ` +
          'invoke its own.',
      );
    seen.set(id, [...others, node]);
    const found = kindOfLogic(
      typeof src === 'string' ? machine.implementations.actors[src] : undefined,
    );
    if (canFail(found) && onError === undefined)
      findings.warning(at, 'It has no onError, so an error faults the actor.');
  }
};

/** Checks what stands in `setup({ actors })`. */
export const checkActors = (machine: AnyStateMachine, where: string, findings: Findings): void => {
  for (const [name, logic] of Object.entries(machine.implementations.actors))
    if (kindOfLogic(logic).kind === 'foreign')
      findings.problem(
        `${where} actor ${name}`,
        'fromPromise, fromCallback and fromObservable run in one process and are lost with it. Make it ' +
          'a command() that a worker serves.',
      );
};
