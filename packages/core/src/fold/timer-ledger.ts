// Timers in the pending table: armed, disarmed and fired.
import type { PendingTimer } from '../actor-state.ts';
import { PawlError } from '../errors.ts';
import type { DelayedEvent } from './actor-system.ts';
import { armEffect } from './command-effect.ts';
import type { StepCore } from './step-core.ts';

/** XState's own words stay out of keys: they are in the journal for ever. */
const keyOf = (source: string, id: string): string =>
  `${source}#${id.startsWith('xstate.') ? id.slice('xstate.'.length) : id}`;

const kindOf = ({ event, target, source, address }: DelayedEvent, to: string | undefined) => {
  if (event.type.startsWith('xstate.after.')) return 'after';
  return address === undefined && target !== undefined && to === source ? 'raise' : 'send';
};

/** A delayed event: `after`, delayed `raise` and delayed `sendTo`. */
export const arm = (core: StepCore, request: DelayedEvent): void => {
  const { source, target, address, event, delay, id } = request;
  if (!Number.isFinite(delay))
    core.fail(
      new PawlError('step-failed', `The delay of ${event.type} is ${delay}; give milliseconds.`),
    );
  const { system } = core.actors;
  const { timers } = core.pending;
  const base = keyOf(source, id ?? '');
  const generation = core.generation(base);
  // Under one id more than one may run, as in XState: then the key tells them apart.
  const isFirst = id !== undefined && timers.get(base) === undefined;
  const key = isFirst ? base : `${base}~${generation}`;
  const to = target === undefined || address !== undefined ? undefined : system.pathOf(target);
  // The root has one incarnation only, and no entry of its own.
  const isInside = target !== undefined && to !== undefined && to !== '';
  const toGeneration = isInside ? core.incarnationOf(to, target) : undefined;
  const timer: PendingTimer = {
    key,
    generation,
    kind: kindOf(request, to),
    dueAt: core.turn.time + Math.max(0, delay),
    since: core.turn.time,
    ...(to !== undefined && { to }),
    ...(toGeneration !== undefined && { toGeneration }),
    ...(address !== undefined && { address: { type: address.type, id: address.id } }),
    event: core.plainEvent(event),
    ...(core.class !== undefined && { class: core.class }),
  };
  timers.set(key, timer);
  core.effects.push(armEffect(timer));
};

/** Disarms the timer under a key, if there is one. */
export const disarm = (core: StepCore, key: string): void => {
  const timer = core.pending.timers.get(key);
  if (timer === undefined) return;
  core.pending.timers.delete(key);
  core.effects.push({ kind: 'disarm', key, generation: timer.generation });
};

/** `cancel(id)` of a machine, and what XState cancels when a state with `after` is left. */
export const cancelTimers = (core: StepCore, source: string, id: string): void => {
  const { current } = core.pending.timers;
  for (const key of core.turn.rules.timersOf(current, keyOf(source, id))) disarm(core, key);
};
