// Carries out one effect: which port gets which message.
import {
  cancelBody,
  childExistsMessage,
  commandMessage,
  createCause,
  createMessage,
  generationSequence,
  HEADER,
  lateLetter,
  PawlError,
  peerMessage,
  timerMessage,
  type CreateEffect,
  type Effect,
  type EffectOrigin,
  type Entry,
  type Journal,
  type Log,
  type OutgoingEntry,
  type ParentLink,
  type Ports,
} from '@pawl/core';

/** What an effect is carried out with. */
export interface EffectContext {
  readonly ports: Ports;
  readonly log: Log;
  /** Version that a create of this type is stamped with, if anybody knows one. */
  readonly versionFor: (type: string) => Promise<string | undefined>;
}

/** Must the broker have stored this effect before the entry is acknowledged? */
export const isStored = ({ kind }: Effect): boolean =>
  kind !== 'cancel' && kind !== 'disarm' && kind !== 'log';

/**
 * Carries out one effect. Resolves when the broker has it; throws or rejects as the port does.
 * Undefined: there is nothing to wait for.
 */
export const publishEffect = (
  context: EffectContext,
  origin: EffectOrigin,
  effect: Effect,
): Promise<unknown> | undefined => {
  const { ports, log } = context;
  const { state } = origin;
  switch (effect.kind) {
    case 'command':
      return ports.commands.publish(commandMessage(origin, effect));
    case 'cancel':
      ports.bus.publish(ports.subjects.cancel(effect.service), cancelBody(origin, effect));
      return undefined;
    case 'arm':
      return ports.timers.arm(timerMessage(origin, effect));
    case 'disarm':
      return ports.timers.disarm(state, effect.generation);
    case 'peer':
      return ports.journal.append(peerMessage(origin, effect));
    case 'create':
      return publishCreate(context, origin, effect);
    case 'emit':
      return ports.emitted.publish({
        actor: state,
        id: effect.id,
        event: effect.event,
        time: state.time,
      });
    case 'log':
      log('info', typeof effect.value === 'string' ? effect.value : JSON.stringify(effect.value), {
        actor: `${state.type}/${state.id}`,
        ...(effect.label !== undefined && { label: effect.label }),
      });
      return undefined;
    case 'late':
      return ports.deadLetters.publish(lateLetter(origin, effect));
  }
};

const publishCreate = async (
  { ports, versionFor }: EffectContext,
  origin: EffectOrigin,
  effect: CreateEffect,
): Promise<void> => {
  const version = await versionFor(effect.to.type);
  try {
    await ports.journal.append(createMessage(origin, effect, version));
  } catch (error) {
    if (!(error instanceof PawlError) || error.code !== 'sequence-conflict') throw error;
    const { parent } = effect;
    if (parent === undefined) return; // A limit: whoever was first has made it.
    // Another child has the id: by this very create, which is success, or not: the parent hears.
    // What a client has created is found when the create is folded, and refused there.
    const stored = await ports.journal.last(effect.to, 'child');
    if (stored?.headers[HEADER.cause] === createCause(effect)) return;
    if (stored !== undefined && effect.renew === true)
      await renew(
        ports.journal,
        { ...effect, parent },
        createMessage(origin, effect, version),
        stored.sequence,
      );
    else await ports.journal.append(childExistsMessage(effect.to, parent));
  }
};

/**
 * The next life of an actor that may have ended: the fold decides, and tells the parent when it
 * has not. A late repeat finds its own create, although others may have followed it. Whoever else
 * was faster, it is looked at again: each time one more create is there.
 */
const renew = async (
  journal: Journal,
  effect: CreateEffect & { readonly parent: ParentLink },
  create: OutgoingEntry,
  last: number,
): Promise<void> => {
  const from = generationSequence(effect.parent.generation);
  for (;;) {
    const later = await journal.read(effect.to, { from });
    const creates = later.filter(({ kindToken }) => kindToken === 'child');
    if (creates.some(({ headers }) => headers[HEADER.cause] === createCause(effect))) return;
    const expectedLastSequence = creates.at(-1)?.sequence ?? last;
    try {
      await journal.append({ ...create, expectedLastSequence });
      return;
    } catch (error) {
      if (!(error instanceof PawlError) || error.code !== 'sequence-conflict') throw error;
    }
  }
};

/** The trace that effects of an entry carry on. */
export const traceOf = (entry: Entry): string | undefined => entry.headers[HEADER.traceparent];
