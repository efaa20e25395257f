// Effects as messages: the bytes and headers that a host publishes. Pure, so a replay gives the
// same.
import type { ActorState } from './actor-state.ts';
import { encodeBody, encodeJson } from './codec.ts';
import { letterDataOf, type DeadLetter } from './dead-letter.ts';
import type {
  ArmEffect,
  CancelEffect,
  CommandEffect,
  CreateEffect,
  LateEffect,
  PeerEffect,
} from './effect.ts';
import type { CreateBody, HostBody, ParentLink, PeerBody, TimerBody } from './entry.ts';
import { commandId } from './generation.ts';
import { HEADER, type Headers } from './headers.ts';
import type { ActorAddress } from './names.ts';
import type { CancelBody, CommandBody } from './message.ts';
import type { OutgoingCommand } from './ports/command-queue.ts';
import type { OutgoingEntry } from './ports/journal.ts';
import type { OutgoingTimer } from './ports/timers.ts';

/** Where an effect comes from: the actor after the step. */
export interface EffectOrigin {
  readonly state: Pick<ActorState, 'type' | 'id' | 'sequence' | 'time'>;
  /** `traceparent` of the entry that caused it. */
  readonly traceparent?: string | undefined;
}

interface CarriedHeaders {
  readonly class?: string | undefined;
  readonly hops: number;
  readonly cause?: string;
}

const headersOf = ({ state, traceparent }: EffectOrigin, carried: CarriedHeaders): Headers => ({
  [HEADER.cause]: carried.cause ?? `${state.type}/${state.id}@${state.sequence}`,
  ...(carried.class !== undefined && { [HEADER.class]: carried.class }),
  ...(carried.hops > 0 && { [HEADER.hops]: String(carried.hops) }),
  ...(traceparent !== undefined && { [HEADER.traceparent]: traceparent }),
});

/** A command for its queue. */
export const commandMessage = (origin: EffectOrigin, effect: CommandEffect): OutgoingCommand => {
  const { state } = origin;
  const actor = { type: state.type, id: state.id };
  const body: CommandBody = {
    task: effect.task,
    actor,
    path: effect.path,
    generation: effect.generation,
    input: effect.input,
    attempt: effect.attempt,
    idempotencyKey: effect.idempotencyKey,
    class: effect.class,
    timeoutMs: effect.timeoutMs,
    deadlineAt: effect.deadlineAt,
    decidedAt: effect.decidedAt,
  };
  return {
    subject: {
      class: effect.class,
      service: effect.service,
      task: effect.task,
      actor,
      generation: effect.generation,
    },
    messageId: effect.id,
    body: effect.encoding === 'json' ? encodeJson(body) : encodeBody(body),
    headers: headersOf(origin, effect),
  };
};

/** The notice that nobody waits for a command any more. */
export const cancelBody = ({ state }: EffectOrigin, effect: CancelEffect): Uint8Array => {
  const { id, path, generation } = effect;
  const body: CancelBody = { id, actor: { type: state.type, id: state.id }, path, generation };
  return encodeJson(body);
};

/** A timer for the broker. */
export const timerMessage = ({ state }: EffectOrigin, effect: ArmEffect): OutgoingTimer => {
  const { key, generation, dueAt } = effect;
  const body: TimerBody = { key, generation };
  return { actor: { type: state.type, id: state.id }, generation, dueAt, body: encodeBody(body) };
};

/** An event for another actor. No message id: the receiver keeps the last (sequence, n). */
export const peerMessage = (origin: EffectOrigin, effect: PeerEffect): OutgoingEntry => {
  const { type, id } = origin.state;
  const { to, sequence, n, event } = effect;
  const body: PeerBody = { from: { type, id, sequence, n }, event };
  return {
    ...to,
    kindToken: 'peer',
    body: encodeBody(body),
    headers: headersOf(origin, effect),
  };
};

/**
 * The birth of a remote child, or of a limit, stamped with a machine version when one is known.
 * A child comes on a kind of its own, which only hosts may append: its parent can be believed.
 */
export const createMessage = (
  origin: EffectOrigin,
  effect: CreateEffect,
  version: string | undefined,
): OutgoingEntry => {
  const { to, input, parent } = effect;
  const body: CreateBody = { input, ...(parent !== undefined && { parent }) };
  const cause = createCause(effect);
  return {
    ...to,
    kindToken: parent === undefined ? 'create' : 'child',
    body: encodeBody(body),
    headers: {
      ...headersOf(origin, {
        class: effect.class,
        hops: effect.hops,
        ...(cause !== undefined && { cause }),
      }),
      ...(version !== undefined && { [HEADER.version]: version }),
    },
    expectedLastSequence: 0,
  };
};

/** `Pawl-Cause` of a child's create: tells a repeat of one's own from somebody else's. */
export const createCause = ({ parent }: CreateEffect): string | undefined =>
  parent && commandId(parent, parent.path, parent.generation);

/** The entry that tells a parent that its child's id belongs to somebody else. */
export const childExistsMessage = (to: ActorAddress, parent: ParentLink): OutgoingEntry => {
  const body: HostBody = {
    type: 'child-failed',
    path: parent.path,
    generation: parent.generation,
    error: {
      code: 'actor-exists',
      message: `${to.type}/${to.id} has been created by somebody else; choose another id.`,
    },
  };
  return { type: parent.type, id: parent.id, kindToken: 'host', body: encodeBody(body) };
};

/** The dead letter of a success that nobody waited for. */
export const lateLetter = ({ state }: EffectOrigin, effect: LateEffect): DeadLetter => ({
  id: effect.id,
  actor: { type: state.type, id: state.id },
  error: {
    code: 'cancelled',
    message: `${effect.task} succeeded after nobody waited for it: an effect without owner.`,
  },
  body: letterDataOf({
    task: effect.task,
    service: effect.service,
    path: effect.path,
    src: effect.src,
    input: effect.input,
    output: effect.output,
  }),
  time: state.time,
});
