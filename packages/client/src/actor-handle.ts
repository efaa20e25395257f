// The handle of one actor: create, send, read, wait, and subscribe like to an XState actor.
import { addressKey, checkAddress, PawlError } from '@pawl/core';
import type { ActorAddress, EventBody, HistoryEntry, StateView } from '@pawl/core';
import type { AnyStateMachine, EventFromLogic, InputFrom } from 'xstate';
import { snapshotOfView, unreadSnapshot, type ActorSnapshot } from './actor-snapshot.ts';
import { askHistory, askState } from './ask.ts';
import { checkEvent, checkInput } from './check-event.ts';
import { ActorFaultedError } from './client-error.ts';
import type { ClientShell } from './client-shell.ts';
import { createActor, type CreateOptions } from './create-actor.ts';
import { observerOf, type StateObserver, type StateSubscription } from './observers.ts';
import { sendEvent, type SendOptions } from './send-event.ts';
import { createStateWatcher } from './state-watcher.ts';
import { waitForState, type WaitOptions } from './wait-for-state.ts';

/** Options of `history`. */
export interface HistoryOptions {
  /** First journal sequence, inclusive. Default: the beginning. */
  readonly from?: number;
  /** At most so many entries. Default: all. */
  readonly limit?: number;
}

/** One actor, seen from a client. Making a handle costs nothing and asks nobody. */
export interface ActorHandle<Machine extends AnyStateMachine = AnyStateMachine> {
  readonly type: string;
  readonly id: string;
  /** Creates the actor; returns its first state. Throws `actor-exists`, `invalid-input`, … */
  create(input: InputFrom<Machine>, options?: CreateOptions): Promise<ActorSnapshot<Machine>>;
  /** Sends an event; returns the state after it. Throws EventRefusedError, ActorFaultedError, … */
  send(event: EventFromLogic<Machine>, options?: SendOptions): Promise<ActorSnapshot<Machine>>;
  /** Reads the state at the journal's head. Throws `no-such-actor`. */
  load(): Promise<ActorSnapshot<Machine>>;
  /** The latest state that this handle has seen; status `unknown` before the first. */
  getSnapshot(): ActorSnapshot<Machine>;
  /**
   * Calls back with each new state, the first after one read; completes when the actor ends, and
   * ends with an error when its states cannot be followed: see StateObserver.
   */
  subscribe(observer: StateObserver<ActorSnapshot<Machine>>): StateSubscription;
  subscribe(
    next: (snapshot: ActorSnapshot<Machine>) => void,
    error?: (error: unknown) => void,
    complete?: () => void,
  ): StateSubscription;
  /** Resolves with the first state that satisfies the predicate. Throws WaitTimeoutError. */
  waitFor(
    predicate: (state: ActorSnapshot<Machine>) => boolean,
    options?: WaitOptions,
  ): Promise<ActorSnapshot<Machine>>;
  /** What happened to the actor, oldest first. */
  history(options?: HistoryOptions): Promise<readonly HistoryEntry[]>;
}

const HISTORY_PAGE = 200;

const readHistory = async (
  shell: ClientShell,
  actor: ActorAddress,
  { from, limit = Infinity }: HistoryOptions,
): Promise<readonly HistoryEntry[]> => {
  const entries: HistoryEntry[] = [];
  let next = from;
  do {
    const page = await askHistory(shell, actor, {
      ...(next !== undefined && { from: next }),
      limit: Math.min(HISTORY_PAGE, limit - entries.length),
    });
    entries.push(...page.history);
    next = page.next;
  } while (next !== undefined && entries.length < limit);
  return entries;
};

/** An observer that throws must not end the watcher of all: it is reported as XState does. */
const tell = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};

/** A handle. A `machine` at hand is checked against. Throws `invalid-type` or `invalid-id`. */
export const createActorHandle = <Machine extends AnyStateMachine>(
  shell: ClientShell,
  actor: ActorAddress,
  machine: AnyStateMachine | undefined,
): ActorHandle<Machine> => {
  checkAddress(actor);
  const watcher = createStateWatcher(shell, actor);
  let current = unreadSnapshot<Machine>(addressKey(actor));
  let currentView: StateView | undefined;

  /** The same object for the same state: what `useSelector` needs. */
  const latest = (): ActorSnapshot<Machine> => {
    if (watcher.latest !== undefined && watcher.latest !== currentView) {
      currentView = watcher.latest;
      current = snapshotOfView<Machine>(currentView);
    }
    return current;
  };
  const taken = (view: StateView): ActorSnapshot<Machine> => {
    watcher.offer(view);
    return view === watcher.latest ? latest() : snapshotOfView<Machine>(view);
  };

  const subscribe = (
    observerOrNext:
      StateObserver<ActorSnapshot<Machine>> | ((snapshot: ActorSnapshot<Machine>) => void),
    onError?: (error: unknown) => void,
    onComplete?: () => void,
  ): StateSubscription => {
    shell.checkOpen();
    const observer = observerOf(observerOrNext, onError, onComplete);
    const stops: (() => void)[] = [];
    const unsubscribe = (): void => {
      for (const stop of stops.splice(0)) stop();
    };
    const complete = (): void => {
      unsubscribe();
      tell(() => observer.complete?.());
    };
    const fail = (failure: unknown): void => {
      unsubscribe();
      tell(() => observer.error?.(failure));
    };
    stops.push(
      watcher.listen({
        onNotice: ({ sequence }) => {
          if (sequence > (watcher.latest?.sequence ?? 0)) watcher.refresh(sequence);
        },
        onView: (view, isNew) => {
          if (isNew) tell(() => observer.next?.(latest()));
          if (view.status === 'done') complete();
          if (view.fault !== undefined)
            fail(new ActorFaultedError(actor, view.fault.error, snapshotOfView<Machine>(view)));
        },
        onFailure: fail,
      }),
      shell.onClose(() => fail(new PawlError('closed', 'The client was closed meanwhile.'))),
    );
    return { unsubscribe };
  };

  return {
    type: actor.type,
    id: actor.id,
    create: async (input, options = {}) => {
      shell.checkOpen();
      checkInput(machine, input);
      const wantedVersion = machine?.version;
      return taken(await createActor(shell, { actor, input, wantedVersion, options }));
    },
    send: async (event, options = {}) => {
      shell.checkOpen();
      const body = event as EventBody; // Every event has a type; its fields are checked here.
      checkEvent(machine, body);
      return taken(await sendEvent(shell, actor, body, options));
    },
    load: async () => taken(await askState(shell, actor)),
    getSnapshot: latest,
    subscribe,
    waitFor: async (predicate, options = {}) => {
      shell.checkOpen();
      return waitForState<Machine>(shell, actor, watcher, predicate, options);
    },
    history: async (options = {}) => {
      shell.checkOpen();
      return readHistory(shell, actor, options);
    },
  };
};
