// A pending command as an effect: the same when it is decided and when it is recovered.
import type { PendingChild, PendingCommand, PendingTimer } from '../actor-state.ts';
import type { ArmEffect, CancelEffect, CommandEffect, CreateEffect } from '../effect.ts';
import type { ParentLink } from '../entry.ts';
import { commandId } from '../generation.ts';
import type { ActorAddress } from '../names.ts';

/** Publishes the current attempt. */
export const commandEffect = (actor: ActorAddress, pending: PendingCommand): CommandEffect => ({
  kind: 'command',
  id: commandId(actor, pending.path, pending.generation),
  path: pending.path,
  generation: pending.generation,
  class: pending.class,
  service: pending.service,
  task: pending.task,
  input: pending.input,
  attempt: pending.attempt,
  idempotencyKey: commandId(actor, pending.path, pending.firstGeneration),
  timeoutMs: pending.timeoutMs,
  deadlineAt: pending.deadlineAt,
  decidedAt: pending.attemptSince,
  encoding: pending.encoding,
  hops: pending.hops,
});

/** Tells workers that nobody waits for the current attempt. */
export const cancelEffect = (
  actor: ActorAddress,
  { path, generation, service }: PendingCommand,
): CancelEffect => ({
  kind: 'cancel',
  id: commandId(actor, path, generation),
  path,
  generation,
  service,
});

/** Arms a timer. */
export const armEffect = ({ key, generation, dueAt }: PendingTimer): ArmEffect => ({
  kind: 'arm',
  key,
  generation,
  dueAt,
});

/** An actor and where it comes from. */
export interface Descendant extends ActorAddress {
  readonly parent?: ParentLink | undefined;
}

/** Longest chain of parents that is passed on. */
const ANCESTORS_MAX = 100;

/** The actors above one, nearest first. */
export const ancestorsOf = ({ parent }: Descendant): readonly ActorAddress[] => {
  if (parent === undefined) return [];
  const { type, id, ancestors = [] } = parent;
  return [{ type, id }, ...ancestors].slice(0, ANCESTORS_MAX);
};

/** Creates a durable child. */
export const createEffect = (actor: Descendant, child: PendingChild): CreateEffect => {
  const { type, id } = actor;
  const { path, generation, input, hops } = child;
  const ancestors = ancestorsOf(actor);
  return {
    kind: 'create',
    to: { type: child.type, id: child.id },
    input,
    parent: { type, id, path, generation, ...(ancestors.length > 0 && { ancestors }) },
    ...(child.class !== undefined && { class: child.class }),
    hops,
    ...(child.renew === true && { renew: child.renew }),
  };
};
