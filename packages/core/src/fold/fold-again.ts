// `fold-again`: a journal is folded anew by a mended machine, and what is out is put in line.
import type { ActorState, PendingChild, PendingCommand, PendingPermit } from '../actor-state.ts';
import type { Entry, PeerBody } from '../entry.ts';
import { errorDataOf, PawlError } from '../errors.ts';
import { commandId } from '../generation.ts';
import { limitAddress } from '../limit/scope.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey } from '../names.ts';
import type { FoldAgainOrder, HeldWait } from '../order.ts';
import type { Step } from '../step.ts';
import { armEffect, createEffect } from './command-effect.ts';
import { cancelledKey, renewedDeadline, startNextAttempt } from './command-ledger.ts';
import { execute } from './execute.ts';
import { fold, type Fold } from './fold.ts';
import { nativeFoldOf } from './native-fold.ts';
import { withMark } from './peer-entry.ts';
import { limitSignalOf } from './permit-entry.ts';
import { askNext, releaseSignal } from './permit-ledger.ts';
import { standardRules } from './rules.ts';
import type { StepCore } from './step-core.ts';
import { passedOver } from './turn.ts';

/** The order of an entry, if it is one to fold again. */
export const foldAgainOrderOf = ({ kind, body }: Entry): FoldAgainOrder | undefined =>
  kind === 'admin' && body['type'] === 'fold-again'
    ? (body as unknown as FoldAgainOrder)
    : undefined;

/** What another machine made of the actor counts no more. */
const isVoid = (entry: Entry): boolean =>
  foldAgainOrderOf(entry) !== undefined ||
  (entry.kind === 'host' && entry.body['type'] === 'faulted');

/**
 * Folds the entries before `order` by the machine that it names; none of their effects is
 * published. What the new state needs and nobody has out yet is published under generations of the
 * order; what is out and not needed any more is called off. State and effects follow from machine
 * and journal alone: a replay needs no other machine. `before` is what stays when the order is
 * refused, because the mended machine faults, too, or would not have created the actor.
 */
export const foldAgain = (
  registered: RegisteredMachine,
  before: ActorState | undefined,
  entries: readonly Entry[],
  order: Entry,
  foldEach: Fold = fold,
): Step => {
  try {
    const state = refold(registered, entries, order, foldEach);
    const turn = {
      registered,
      rules: standardRules,
      entry: order,
      state,
      time: timeOf(state, order),
    };
    const { held } = order.body as unknown as FoldAgainOrder;
    const epoch = 1 + entries.filter((entry) => foldAgainOrderOf(entry) !== undefined).length;
    if (nativeFoldOf(registered) !== undefined)
      return {
        state: { ...passedOver(turn), epoch },
        effects: [],
        outcome: { kind: 'applied' },
      };
    const step = execute(turn, 0, {}, (core) => {
      if (held === undefined) for (const wait of permitsHeardOf(entries)) releaseHeld(core, wait);
      putInLine(core, held ?? []);
      return undefined;
    });
    if (step.outcome.kind === 'faulted' || step.state === undefined)
      throw new PawlError('step-failed', 'The state that came of it cannot be taken up.');
    return { ...step, state: { ...step.state, epoch } };
  } catch (error) {
    const turn = before && {
      registered,
      rules: standardRules,
      entry: order,
      state: before,
      time: timeOf(before, order),
    };
    return {
      state: turn && passedOver(turn),
      effects: [],
      outcome: { kind: 'refused', error: errorDataOf(error, 'step-failed') },
    };
  }
};

const timeOf = (state: ActorState, { time }: Entry): number => Math.max(state.time, time);

/** The state that this machine makes of a life. Throws when it makes none, or faults. */
const refold = (
  registered: RegisteredMachine,
  entries: readonly Entry[],
  order: Entry,
  foldEach: Fold,
): ActorState => {
  const { bornAt = 0 } = order.body as unknown as FoldAgainOrder;
  const born = entries.findIndex(({ kind, sequence }) => kind === 'create' && sequence >= bornAt);
  const who = `${registered.type} ${registered.version}`;
  let state: ActorState | undefined;
  for (const entry of born < 0 ? [] : entries.slice(born)) {
    if (state !== undefined && isVoid(entry)) {
      const { sequence, time: entryTime } = entry;
      state = { ...state, sequence, entryTime, time: timeOf(state, entry) };
      continue;
    }
    const { state: next, outcome }: Step = foldEach(registered, state, entry);
    if (outcome.kind === 'faulted' || (next === undefined && outcome.kind === 'refused'))
      throw new PawlError(
        outcome.kind === 'faulted' ? 'actor-faulted' : 'invalid-input',
        `${who} ${outcome.kind === 'faulted' ? 'faults at' : 'refuses'} entry ${entry.sequence} ` +
          `of ${addressKey(entry)}: ${outcome.error.message} Nothing was changed.`,
        { details: { sequence: entry.sequence, cause: outcome.error } },
      );
    state = state === undefined && next ? { ...next, peers: peersBefore(entries, born) } : next;
  }
  if (state === undefined)
    throw new PawlError('no-such-actor', `${addressKey(order)} has not been created.`);
  return state;
};

/** What an earlier incarnation has heard stays heard. */
const peersBefore = (entries: readonly Entry[], born: number): ActorState['peers'] => {
  let peers: ActorState['peers'] = {};
  for (const { kind, body } of entries.slice(0, born)) {
    if (kind !== 'peer') continue;
    const { from } = body as unknown as PeerBody;
    const mark = { sequence: from.sequence, n: from.n };
    const sender = addressKey(from);
    if (standardRules.isNewer(peers[sender], mark)) peers = withMark(peers, sender, mark);
  }
  return peers;
};

/** Starts what nobody has out, calls off what nobody needs. */
const putInLine = (core: StepCore, held: readonly HeldWait[]): void => {
  const { commands, timers, children, permits } = core.pending;
  const out = new Set(held.map(({ generation }) => generation));
  const commandsNow = Object.values(commands.current);
  const childrenNow = Object.values(children.current);
  const permitsNow = Object.values(permits.current);
  const needed = new Set([
    ...commandsNow.flatMap(generationsOf),
    ...Object.values(timers.current).map(({ generation }) => generation),
    ...childrenNow.map(({ generation }) => generation),
    ...permitsNow.map(({ generation }) => generation),
  ]);
  for (const wait of held) if (!needed.has(wait.generation)) callOff(core, wait);
  for (const command of commandsNow)
    if (command.status === 'running' && !out.has(command.generation)) {
      const { attempt } = command;
      startNextAttempt(core, command, { attempt, deadlineAt: renewedDeadline(core, command) });
    }
  for (const permit of permitsNow) if (!out.has(permit.generation)) askAnew(core, permit);
  for (const child of childrenNow) core.effects.push(createEffect(core.self, child));
  for (const timer of Object.values(timers.current)) core.effects.push(armEffect(timer));
};

const generationsOf = ({ generation, firstGeneration, between = [] }: PendingCommand): string[] => [
  generation,
  firstGeneration,
  ...between,
];

const callOff = (core: StepCore, wait: HeldWait): void => {
  const { what, name, generation } = wait;
  if (what === 'timer') core.effects.push({ kind: 'disarm', key: name, generation });
  else if (what === 'child') stopChild(core, wait);
  else if (what === 'permit') releaseHeld(core, wait);
  else if (wait.status !== 'backoff') cancelHeld(core, wait);
};

/**
 * Nobody could tell what the actor has out, but limits have told it what they gave: all is asked
 * for anew, so all of that goes back. To give back what is not held changes nothing.
 */
const permitsHeardOf = (entries: readonly Entry[]): readonly HeldWait[] => {
  const heard = new Map<string, HeldWait>();
  for (const signal of entries.map(limitSignalOf)) {
    if (signal?.type !== 'pawl.granted') continue;
    const { path: name, generation, scope } = signal;
    heard.set(`${scope} ${name}@${generation}`, {
      what: 'permit',
      name,
      generation,
      scopes: [scope],
    });
  }
  return [...heard.values()];
};

/** The former machine has given it back, or never asked for it. */
const askAnew = (core: StepCore, { heldSince: _held, ...permit }: PendingPermit): void => {
  const { path, scopes } = permit;
  const generation = core.generation(path, `permit|${scopes.join('|')}`);
  const asked = { ...permit, generation, held: 0, since: core.turn.time };
  core.pending.permits.set(path, asked);
  askNext(core, asked);
};

const releaseHeld = (core: StepCore, { name: path, generation, scopes = [] }: HeldWait): void => {
  for (const scope of scopes)
    core.signal(limitAddress(scope), releaseSignal({ path, generation }, scope));
};

const stopChild = (core: StepCore, { child, name: path, generation }: HeldWait): void => {
  if (child === undefined) return;
  const isNeeded = ({ type, id }: PendingChild): boolean => type === child.type && id === child.id;
  if (Object.values(core.pending.children.current).some(isNeeded)) return;
  core.peer(child, { type: 'pawl.stop', parent: { ...core.address, path, generation } });
};

/** Its late success is an effect without owner: the new chart may know nothing of it. */
const cancelHeld = (core: StepCore, wait: HeldWait): void => {
  const { name: path, generation, service, task, status, until } = wait;
  if (service === undefined || task === undefined) return;
  const { time } = core.turn;
  const id = commandId(core.address, path, generation);
  if (status === 'running') core.effects.push({ kind: 'cancel', id, path, generation, service });
  const command: PendingCommand = {
    status: 'cancelled',
    path,
    generation,
    firstGeneration: generation,
    class: 'regular',
    service,
    task,
    input: null,
    attempt: 1,
    since: time,
    attemptSince: time,
    timeoutMs: 0,
    deadlineAt: Math.max(until ?? 0, time + 1),
    encoding: 'json',
    src: path.slice(path.lastIndexOf('/') + 1),
    hops: 0,
  };
  core.pending.commands.set(cancelledKey(command), command);
};
