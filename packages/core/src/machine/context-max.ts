// How large an actor may grow: `meta: { pawl: { contextMax } }` at the root of its machine.
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Findings } from './problem.ts';

/** Characters of JSON. The rest of a state view fits beside them into a message of 1 MiB. */
const DEFAULT = 512 * 1024;
const LEAST = 1024;
const MOST = 8 * 1024 * 1024;

const settingsOf = ({ meta }: AnyStateNode): unknown =>
  (meta as { readonly pawl?: unknown } | undefined)?.pawl;

const isLimit = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= LEAST && Number(value) <= MOST;

/**
 * Contexts and outputs of an actor and the machines inside it together, in characters of JSON. Only
 * the machine that is registered for the type says so; those inside it have no limit of their own.
 */
export const contextMaxOf = ({ root }: AnyStateMachine): number =>
  (settingsOf(root) as { readonly contextMax?: number } | undefined)?.contextMax ?? DEFAULT;

/** Checks what the `meta` of a state says to Pawl. */
export const checkSettings = (node: AnyStateNode, findings: Findings): void => {
  const settings = settingsOf(node);
  if (settings === undefined) return;
  const where = `${node.id} meta.pawl`;
  if (node !== node.machine.root)
    findings.problem(where, 'It is read at the root of a machine only: move it there.');
  else if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    findings.problem(where, 'It must be an object, such as { contextMax: 65536 }.');
  else
    for (const [name, value] of Object.entries(settings) as [string, unknown][])
      if (name !== 'contextMax')
        findings.problem(where, `It has no ${JSON.stringify(name)}, only contextMax.`);
      else if (!isLimit(value))
        findings.problem(
          where,
          `contextMax is ${JSON.stringify(value)}; it must be a whole number of characters from ` +
            `${LEAST} to ${MOST}.`,
        );
};
