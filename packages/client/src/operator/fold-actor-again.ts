// fold-again: stops the actor, notes what it has out, has a mended machine fold its journal.
import { addressKey, PawlError } from '@pawl/core';
import type { ActorAddress, HeldWait, StateView } from '@pawl/core';
import { askState } from '../ask.ts';
import type { ClientShell } from '../client-shell.ts';
import { giveOrder, type OrderOptions, type OrderResult } from './give-order.ts';

/** Options of `foldAgain`. */
export interface FoldAgainOptions extends OrderOptions {
  /** Version of the mended machine. Default: the newest that is registered. */
  readonly version?: string;
}

const heldBy = ({ waitingFor }: StateView): HeldWait[] =>
  waitingFor
    .filter(({ status }) => status !== 'cancelled')
    .map(({ what, name, generation, status, service, task, until, child, scopes }) => ({
      what,
      name,
      generation,
      ...(status !== undefined && { status }),
      ...(service !== undefined && { service }),
      ...(task !== undefined && { task }),
      ...(until !== undefined && { until }),
      ...(child !== undefined && { child }),
      ...(scopes !== undefined && { scopes }),
    }));

const versionOf = async (
  { ports }: ClientShell,
  { type }: ActorAddress,
  wanted: string | undefined,
): Promise<string> => {
  const versions = (await ports.registry.machines(type)).map(({ version }) => version);
  const version = wanted ?? versions.at(-1);
  if (version !== undefined && versions.includes(version)) return version;
  throw new PawlError(
    'version-missing',
    `No host has registered version ${version} of ${type}. Registered are: ` +
      `${versions.join(', ') || 'none'}. Start a host that has it first.`,
  );
};

/** The state, if a host can tell: none can when the former machine is gone. */
const stateIfKnown = async (
  shell: ClientShell,
  actor: ActorAddress,
  timeoutMs: number,
): Promise<StateView | undefined> => {
  try {
    return await askState(shell, actor, { timeoutMs });
  } catch (error) {
    const code = error instanceof PawlError ? error.code : undefined;
    if (code === 'version-missing' || code === 'actor-parked') return undefined;
    throw error;
  }
};

/**
 * An actor that is well is paused first, so that nothing is decided between the note and the order;
 * the order ends the pause, whether it is carried out or refused.
 */
export const foldActorAgain = async (
  shell: ClientShell,
  actor: ActorAddress,
  options: FoldAgainOptions,
): Promise<OrderResult> => {
  const { version: wanted, id: _id, ...order } = options;
  const version = await versionOf(shell, actor, wanted);
  const timeoutMs = options.timeoutMs ?? shell.timeoutMs;
  let state = await stateIfKnown(shell, actor, timeoutMs);
  if (state?.status === 'done')
    throw new PawlError(
      'actor-ended',
      `${addressKey(actor)} has ended, and others have been told: create its next incarnation.`,
    );
  if (state?.status === 'active' && state.parked === undefined)
    ({ state } = await giveOrder(shell, actor, { type: 'pause' }, order));
  const { bornAt } = state ?? {};
  return giveOrder(
    shell,
    actor,
    {
      type: 'fold-again',
      version,
      ...(bornAt !== undefined && { bornAt }),
      ...(state !== undefined && { held: heldBy(state) }),
    },
    options,
  );
};
