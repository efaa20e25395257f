// One order for one actor: appended with who and why, and answered like an event.
import { addressKey, HEADER, PawlError } from '@pawl/core';
import type { ActorAddress, AdminOrder, Answer, StateView } from '@pawl/core';
import { askState } from '../ask.ts';
import { errorOfData } from '../client-error.ts';
import type { ClientShell } from '../client-shell.ts';
import { outcomeOf } from '../entry-outcome.ts';

/** Options of an order. */
export interface OrderOptions {
  /** Why, for the history. */
  readonly why?: string;
  /** Who, if not the operator who was opened. */
  readonly by?: string;
  /** Id of this call: the same id takes effect once. Default: a random one. */
  readonly id?: string;
  /** How long to wait for the answer, ms. */
  readonly timeoutMs?: number;
}

/** What became of an order. */
export interface OrderResult {
  /** `ignored`: there was nothing to do. */
  readonly outcome: 'applied' | 'ignored';
  /** The actor afterwards. */
  readonly state: StateView;
}

/** The body of an order's entry. */
export const orderBody = (
  shell: ClientShell,
  order: AdminOrder,
  { by, why }: OrderOptions,
): AdminOrder & { readonly by: string; readonly why?: string } => ({
  ...order,
  by: by ?? shell.by ?? 'operator',
  ...(why !== undefined && { why }),
});

/** An order to an actor whose entries wait would wait with them. */
const checkNotParked = (actor: ActorAddress, order: AdminOrder, { parked }: StateView): void => {
  if (parked === undefined || order.type === 'resume' || order.type === 'fold-again') return;
  throw new PawlError(
    'actor-parked',
    `${addressKey(actor)} is parked, so the order to ${order.type} would wait, too: ` +
      `${parked.message} Resume it first.`,
    { details: { parked } },
  );
};

/** Throws the refusal of an answer. */
const resultOf = async (
  shell: ClientShell,
  actor: ActorAddress,
  answer: Answer,
): Promise<OrderResult> => {
  if (answer.outcome === 'refused' || answer.outcome === 'faulted') throw errorOfData(answer.error);
  const state = answer.state ?? (await askState(shell, actor, { atLeast: answer.sequence }));
  return { outcome: answer.outcome, state };
};

/** Gives an order. Throws what the actor says, `actor-parked`, `no-such-actor`, `no-answer`. */
export const giveOrder = async (
  shell: ClientShell,
  actor: ActorAddress,
  order: AdminOrder,
  options: OrderOptions,
): Promise<OrderResult> => {
  shell.checkOpen();
  await shell.types.checkKnown(actor.type);
  const timeoutMs = options.timeoutMs ?? shell.timeoutMs;
  if (order.type !== 'resume' && order.type !== 'fold-again')
    checkNotParked(actor, order, await askState(shell, actor, { timeoutMs }));
  const body = orderBody(shell, order, options);
  const entry = {
    actor,
    kindToken: 'admin',
    body,
    headers: { [HEADER.by]: body.by },
    id: options.id ?? shell.createId(),
  };
  return resultOf(shell, actor, await outcomeOf(shell, entry, timeoutMs));
};
