// `retry`: a faulted actor goes on, and commands begin their next attempt now.
import type { ActorState, PendingCommand, PendingPermit } from '../actor-state.ts';
import { addressKey } from '../names.ts';
import type { Step } from '../step.ts';
import { armEffect, createEffect } from './command-effect.ts';
import { renewedDeadline, startNextAttempt } from './command-ledger.ts';
import { execute } from './execute.ts';
import { notPending } from './not-pending.ts';
import { endOfChild } from './peer-entry.ts';
import { askNext, awaitedScope, tellGrant } from './permit-ledger.ts';
import type { StepCore } from './step-core.ts';
import { ignored, refused, type LivingTurn } from './turn.ts';

/**
 * A faulted actor goes on from the state before the entry that faulted it: that entry is passed
 * over, since the same machine would fault again (`fold-again` folds it by a mended one). It goes
 * on as a whole, whatever `path` says: commands begin their next attempt, timers are armed again,
 * children that ended meanwhile are heard. Of an actor that is well, commands in backoff go on, or
 * the one at `path`, whatever it does.
 */
export const retry = (turn: LivingTurn, path: string | undefined): Step => {
  const { state, entry } = turn;
  if (state.snapshot.status === 'error')
    return refused(
      turn,
      'actor-faulted',
      `${addressKey(entry)} faulted at birth: there is no state to go on from. Mend the machine ` +
        'and fold its journal again.',
    );
  const awaited = Object.values(state.pending.commands).filter(
    ({ status }) => status !== 'cancelled',
  );
  const isFaulted = state.status === 'faulted';
  if (path !== undefined && !awaited.some((command) => command.path === path))
    return notPending(
      turn,
      `command ${path}`,
      awaited.map((command) => command.path),
    );
  const isRetried = (command: PendingCommand): boolean =>
    path === undefined ? command.status === 'backoff' : command.path === path;
  const again = isFaulted ? awaited : awaited.filter(isRetried);
  const asking = Object.values(state.pending.permits ?? {}).filter(
    (permit) => path === undefined && awaitedScope(permit) !== undefined,
  );
  if (!isFaulted && again.length + asking.length === 0) return ignored(turn, 'nothing-to-do');
  const { fault: _mended, ...rest } = state;
  const active: ActorState = { ...rest, status: 'active' };
  return execute({ ...turn, state: active }, 0, {}, (core) => {
    for (const command of again)
      startNextAttempt(core, command, { deadlineAt: renewedDeadline(core, command) });
    if (isFaulted) takeUp(core);
    else for (const permit of asking) askNext(core, permit);
    return undefined;
  });
};

/** What happened while the actor was faulted went by: ask again, or hear now what was kept. */
const takeUp = (core: StepCore): void => {
  const { timers, children } = core.pending;
  for (const timer of Object.values(timers.current)) core.effects.push(armEffect(timer));
  for (const child of Object.values(children.current)) {
    if (child.end === undefined) core.effects.push(createEffect(core.self, child));
    else endOfChild(core, child, child.end);
  }
  for (const permit of Object.values(core.pending.permits.current)) takeUpPermit(core, permit);
};

/** An operator may have taken it back meanwhile: asked for again, it is counted again. */
const takeUpPermit = (core: StepCore, { isUntold, ...permit }: PendingPermit): void => {
  if (core.pending.permits.get(permit.path)?.generation !== permit.generation) return;
  core.pending.permits.set(permit.path, permit);
  for (let held = 0; held <= permit.held; held += 1) askNext(core, { ...permit, held });
  if (isUntold === true && awaitedScope(permit) === undefined) tellGrant(core, permit);
};
