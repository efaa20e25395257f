// Permits in the pending table: asked for, granted scope by scope, and given back.
import type { PendingPermit } from '../actor-state.ts';
import { failedCommand } from '../command-error.ts';
import type { CreateEffect, PeerEffect } from '../effect.ts';
import type { PermitSignal } from '../entry.ts';
import { errorDataOf } from '../errors.ts';
import { generationSequence } from '../generation.ts';
import { limitAddress } from '../limit/scope.ts';
import { askedBy, type Permit } from '../permit.ts';
import type { RunningRef } from './actor-ref.ts';
import { ancestorsOf, type Descendant } from './command-effect.ts';
import type { StepCore } from './step-core.ts';
import { Settlement } from './task-logic.ts';

/** The scope that a permit waits for; undefined when all are held. */
export const awaitedScope = ({ scopes, held }: PendingPermit): string | undefined => scopes[held];

/** Makes sure that a limit is there. Whoever was first has made it. */
const createLimit = ({ max }: PendingPermit, scope: string): CreateEffect => ({
  kind: 'create',
  to: limitAddress(scope),
  input: { scope, max },
  hops: 0,
});

const acquireSignal = (
  self: Descendant,
  { path, generation, max }: PendingPermit,
  scope: string,
): PermitSignal => {
  const parents = ancestorsOf(self);
  return {
    type: 'pawl.acquire',
    scope,
    max,
    path,
    generation,
    ...(parents.length > 0 && { parents }),
  };
};

/** Asks for the next scope. */
export const askNext = (core: StepCore, permit: PendingPermit): void => {
  const scope = awaitedScope(permit);
  if (scope === undefined) return;
  core.effects.push(createLimit(permit, scope));
  core.signal(limitAddress(scope), acquireSignal(core.self, permit, scope));
};

/** The same for recovery: the limit knows a repeat by holder and generation. */
export const askAgain = (
  self: Descendant,
  permit: PendingPermit,
): readonly (CreateEffect | PeerEffect)[] => {
  const scope = awaitedScope(permit);
  if (scope === undefined) return [];
  const sequence = generationSequence(permit.generation);
  const event = acquireSignal(self, permit, scope);
  const to = limitAddress(scope);
  return [createLimit(permit, scope), { kind: 'peer', to, sequence, n: 0, event, hops: 0 }];
};

/** An invoke of a permit begins. A bad scope or capacity is an error event at once. */
export const startPermit = (
  core: StepCore,
  path: string,
  ref: RunningRef,
  asked: Permit,
  input: unknown,
): void => {
  try {
    const { scopes, max } = askedBy(asked, input);
    const permit: PendingPermit = {
      path,
      generation: core.generation(path, `permit|${scopes.join('|')}`),
      scopes,
      max,
      held: 0,
      since: core.turn.time,
      ...(core.class !== undefined && { class: core.class }),
      hops: core.hops,
    };
    core.pending.permits.set(path, permit);
    askNext(core, permit);
  } catch (error) {
    ref.send(new Settlement('error', failedCommand(errorDataOf(error, 'step-failed'), 1)));
  }
};

/** One scope more is held: the next is asked for, or the machine hears that it has all. */
export const takeGrant = (core: StepCore, permit: PendingPermit): void => {
  const { behind: _gone, ...rest } = permit;
  const next: PendingPermit = { ...rest, held: permit.held + 1 };
  if (awaitedScope(next) !== undefined) {
    core.pending.permits.set(permit.path, next);
    askNext(core, next);
    return;
  }
  core.pending.permits.set(permit.path, { ...next, heldSince: core.turn.time });
  tellGrant(core, next);
};

/** Tells the machine that invoked it. */
export const tellGrant = (core: StepCore, permit: PendingPermit): void => {
  const { path, scopes } = permit;
  core.class = permit.class;
  const slash = path.lastIndexOf('/');
  const owner = core.actors.system.running.get(slash < 0 ? '' : path.slice(0, slash));
  if (owner === undefined) return;
  const type = `pawl.granted.${path.slice(slash + 1)}`;
  core.turn.rules.deliver(owner, { type, scopes: [...scopes] });
};

/** The state that needed the permit was left: what is held or asked for is given back. */
export const release = (core: StepCore, permit: PendingPermit): void => {
  core.pending.permits.delete(permit.path);
  for (const scope of permit.scopes.slice(0, permit.held + 1))
    core.signal(limitAddress(scope), releaseSignal(permit, scope));
};

/** Says that nobody wants it any more. */
export const releaseSignal = (
  { path, generation }: Pick<PendingPermit, 'path' | 'generation'>,
  scope: string,
): PermitSignal => ({ type: 'pawl.release', scope, path, generation });
