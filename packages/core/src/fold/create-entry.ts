// Folds `create`: the birth of an actor, or of its next incarnation after its end.
import type { ActorState, PendingTable } from '../actor-state.ts';
import type { CreateBody } from '../entry.ts';
import type { PawlError } from '../errors.ts';
import { addressKey } from '../names.ts';
import { validate } from '../schema.ts';
import type { Step } from '../step.ts';
import { isTooLarge, runActors, settledFields } from './execute.ts';
import { NOTHING_PENDING } from './pending-changes.ts';
import { faultDataOf } from './error-data.ts';
import { StepCore } from './step-core.ts';
import {
  classOf,
  faulted,
  hopsError,
  hopsOf,
  refused,
  refusedBy,
  unborn,
  type Turn,
} from './turn.ts';
import { begin, createRunning } from './running-actor.ts';

/** What outlives an incarnation: commands that may still succeed late. */
const leftFrom = (before: ActorState | undefined): PendingTable =>
  before === undefined
    ? NOTHING_PENDING
    : { ...NOTHING_PENDING, commands: before.pending.commands };

/** The state that a birth begins from; its snapshot is only kept when the birth faults. */
export const newborn = (
  turn: Turn,
  body: CreateBody,
  before: ActorState | undefined,
): ActorState => {
  const { registered, entry, time } = turn;
  return {
    format: 1,
    type: entry.type,
    id: entry.id,
    version: registered.version,
    digest: registered.digest,
    epoch: before?.epoch ?? 0,
    bornAt: entry.sequence,
    sequence: entry.sequence,
    entryTime: entry.time,
    time,
    since: time,
    status: 'active',
    snapshot: { status: 'error', value: {}, context: {}, historyValue: {}, children: {} },
    tags: [],
    pending: leftFrom(before),
    incarnations: {},
    peers: before?.peers ?? {},
    ...(body.parent !== undefined && { parent: body.parent }),
  };
};

/** Folds a create. Throws nothing: a problem is the outcome. */
export const foldCreate = (turn: Turn, before: ActorState | undefined): Step => {
  const { registered, entry } = turn;
  const body = entry.body as CreateBody;
  if (before !== undefined && before.status !== 'done')
    return refused(
      { ...turn, state: before },
      'actor-exists',
      `${addressKey(entry)} was created at sequence ${before.bornAt}. Use another id, or send it an event.`,
      { bornAt: before.bornAt },
    );
  const refuse = (error: unknown): Step =>
    before === undefined
      ? unborn(error as PawlError)
      : refusedBy({ ...turn, state: before }, error);
  const tooMany = hopsError(turn);
  if (tooMany !== undefined) return refuse(tooMany);
  const schema = registered.schemas?.input;
  let input: unknown;
  try {
    input =
      schema === undefined
        ? body.input
        : validate(schema, body.input, 'invalid-input', `Input of ${addressKey(entry)}`);
  } catch (error) {
    return refuse(error);
  }
  return beginLife(turn, newborn(turn, body, before), input, refuse);
};

const beginLife = (
  turn: Turn,
  state: ActorState,
  input: unknown,
  refuse: (error: unknown) => Step,
): Step => {
  const { registered, entry } = turn;
  const living = { ...turn, state };
  const actors = createRunning();
  const { pending, incarnations, parent } = state;
  const core = new StepCore(turn, actors, {
    pending,
    incarnations,
    parent,
    class: classOf(entry),
    hops: hopsOf(entry),
  });
  const failure = runActors(core, () => {
    begin(actors, registered, entry.id, input);
  });
  if (failure !== undefined) return faulted(living, faultDataOf(failure.error));
  try {
    const born: ActorState = { ...state, ...settledFields(core) };
    return { state: born, effects: core.effects, outcome: { kind: 'applied' } };
  } catch (error) {
    if (isTooLarge(error)) return refuse(error);
    return faulted(living, faultDataOf(error));
  }
};
