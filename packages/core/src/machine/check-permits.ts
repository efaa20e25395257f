// The registration check of permits: never one inside another, and each grant has its invoke.
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { canCoincide, invokesOf } from './check-actors.ts';
import { kindOfLogic } from './logic.ts';
import type { Findings } from './problem.ts';

/** An invoke during which a permit may be held. */
interface Holding {
  readonly node: AnyStateNode;
  readonly where: string;
}

const GRANTED = 'pawl.granted.';

const permitsIn = (machine: AnyStateMachine, seen: Set<AnyStateMachine> = new Set()): boolean => {
  if (seen.has(machine)) return false;
  seen.add(machine);
  return Object.values(machine.implementations.actors as object).some((logic: unknown) => {
    const found = kindOfLogic(logic);
    return found.kind === 'permit' || (found.kind === 'machine' && permitsIn(found.machine, seen));
  });
};

const logicOf = (machine: AnyStateMachine, src: unknown): ReturnType<typeof kindOfLogic> =>
  kindOfLogic(typeof src === 'string' ? machine.implementations.actors[src] : undefined);

/** Checks the permits that states invoke. What remote children hold is not their affair. */
export const checkPermits = (nodes: readonly AnyStateNode[], findings: Findings): void => {
  const holdings: Holding[] = [];
  const ids = new Set<string>();
  for (const node of nodes)
    for (const { id, src } of invokesOf(node)) {
      const found = logicOf(node.machine, src);
      if (found.kind === 'permit' && id !== undefined) ids.add(id);
      if (found.kind !== 'permit' && !(found.kind === 'machine' && permitsIn(found.machine)))
        continue;
      const holding = { node, where: `${node.id} invoke ${id ?? String(src)}` };
      const other = holdings.find((before) => canCoincide(node, before.node));
      if (other !== undefined) nested(holding, other, findings);
      holdings.push(holding);
    }
  checkGrants(nodes, ids, findings);
};

const nested = ({ where }: Holding, other: Holding, findings: Findings): void =>
  findings.problem(
    where,
    `A permit may be held by ${other.where} at the same time. Two actors that each hold one and ` +
      'wait for the other never go on: take both in one invoke with permit([…]), leave the first ' +
      'state before, or move the inner part into an actor of its own (remote).',
    'nested-permit',
  );

const checkGrants = (
  nodes: readonly AnyStateNode[],
  ids: ReadonlySet<string>,
  findings: Findings,
): void => {
  const handled = new Set<string>();
  for (const node of nodes)
    for (const event of node.ownEvents as readonly string[]) {
      if (!event.startsWith(GRANTED)) continue;
      const id = event.slice(GRANTED.length);
      handled.add(id);
      if (!ids.has(id))
        findings.problem(
          `${node.id} on ${event}`,
          `No permit is invoked with the id ${id}. There are: ${[...ids].join(', ') || 'none'}.`,
        );
    }
  for (const id of ids)
    if (!handled.has(id))
      findings.warning(
        `permit ${id}`,
        `No state takes ${GRANTED}${id}: nobody hears of the grant.`,
      );
};
