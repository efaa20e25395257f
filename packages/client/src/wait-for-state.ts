// waitFor(): until a state satisfies a predicate, tried on the notice before the state is fetched.
import { addressKey, PawlError } from '@pawl/core';
import type { ActorAddress, StateNotice, StateView } from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import {
  NeedsFullState,
  passedSnapshot,
  probeOfNotice,
  snapshotOfView,
  type ActorSnapshot,
} from './actor-snapshot.ts';
import { WaitTimeoutError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import type { StateWatcher } from './state-watcher.ts';

/** Options of `waitFor`. */
export interface WaitOptions {
  /** How long to wait, ms. Default 60,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;

/** Does a state satisfy the predicate, or does only the full state tell? */
const tryOn = <Machine extends AnyStateMachine>(
  predicate: (state: ActorSnapshot<Machine>) => boolean,
  notice: StateNotice,
): boolean | 'needs-full-state' => {
  try {
    return predicate(probeOfNotice<Machine>(notice));
  } catch (error) {
    if (error instanceof NeedsFullState) return 'needs-full-state';
    throw error;
  }
};

/**
 * Waits. The first state that satisfies the predicate counts, even if the actor has moved on by
 * the time it is read: then what the notice told is returned, and its `context` throws.
 */
export const waitForState = <Machine extends AnyStateMachine>(
  shell: ClientShell,
  actor: ActorAddress,
  watcher: StateWatcher,
  predicate: (state: ActorSnapshot<Machine>) => boolean,
  { timeoutMs = TIMEOUT_MS }: WaitOptions,
): Promise<ActorSnapshot<Machine>> =>
  new Promise((resolve, reject) => {
    let matched: StateNotice | undefined;
    const stops: (() => void)[] = [];
    const end = (): void => {
      for (const stop of stops) stop();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const succeed = (state: ActorSnapshot<Machine>): void => {
      end();
      resolve(state);
    };

    const onNotice = (notice: StateNotice): void => {
      if (matched !== undefined) return;
      try {
        const verdict = tryOn(predicate, notice);
        if (verdict === true) matched = notice;
        if (verdict !== false) watcher.refresh(notice.sequence);
      } catch (error) {
        fail(error);
      }
    };
    const onView = (view: StateView): void => {
      try {
        const state = snapshotOfView<Machine>(view);
        if (predicate(state)) succeed(state);
        else if (matched !== undefined && view.sequence >= matched.sequence)
          succeed(passedSnapshot<Machine>(matched, addressKey(actor)));
      } catch (error) {
        fail(error);
      }
    };

    const timer = shell.clock.after(timeoutMs, () => {
      const last = watcher.latest;
      const state = last === undefined ? undefined : snapshotOfView(last);
      fail(new WaitTimeoutError(actor, timeoutMs, state));
    });
    // One look before giving up: the notice may have got lost.
    const lastLook = shell.clock.after(timeoutMs * 0.9, () => watcher.refresh(0));
    stops.push(
      () => timer.stop(),
      () => lastLook.stop(),
      shell.onClose(() => fail(new PawlError('closed', 'The client was closed meanwhile.'))),
      watcher.listen({ onNotice, onView, onFailure: fail }),
    );
  });
