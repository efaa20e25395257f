// Follows one actor while somebody listens: notices as they come, full states only when needed.
import { addressKey, decodeBody, errorFields, PawlError } from '@pawl/core';
import type { ActorAddress, BusMessage, StateNotice, StateView, Stoppable } from '@pawl/core';
import { askState } from './ask.ts';
import type { ClientShell } from './client-shell.ts';
import { wait } from './wait.ts';

/** Somebody who follows an actor. */
export interface StateListener {
  /** A step was folded. Notices travel at most once and may repeat. */
  onNotice(notice: StateNotice): void;
  /** A full state was read. `isNew`: later than the one known before. */
  onView(view: StateView, isNew: boolean): void;
  /** The state cannot be read, and trying again would not help. */
  onFailure(error: unknown): void;
}

/** Follows one actor. */
export interface StateWatcher {
  /** The latest full state that this client has seen. */
  readonly latest: StateView | undefined;
  /** A full state that came another way: with an answer. */
  offer(view: StateView): void;
  /** Listens until the returned function is called. The first read follows at once. */
  listen(listener: StateListener): () => void;
  /** Reads the full state, at least as of `atLeast`. Calls while one is under way are merged. */
  refresh(atLeast: number): void;
}

/** A notice can get lost: so often is the state read without one. */
const READ_EVERY_MS = 10_000;
const TRY_AGAIN_MS = 500;

class Watcher implements StateWatcher {
  latest: StateView | undefined = undefined;
  readonly #shell: ClientShell;
  readonly #actor: ActorAddress;
  #listeners: readonly StateListener[] = [];
  #stopFollowing: (() => void) | undefined = undefined;
  /** The sequence that a read must cover; undefined: no read is wanted. */
  #wanted: number | undefined = undefined;
  #isReading = false;
  #lastHeardAt = 0;

  constructor(shell: ClientShell, actor: ActorAddress) {
    this.#shell = shell;
    this.#actor = actor;
  }

  offer(view: StateView): void {
    const { latest } = this;
    const isNew =
      latest === undefined ||
      view.sequence > latest.sequence ||
      (view.sequence === latest.sequence && view.parked?.code !== latest.parked?.code);
    if (isNew) this.latest = view;
    for (const listener of this.#listeners) listener.onView(view, isNew);
  }

  refresh(atLeast: number): void {
    this.#wanted = Math.max(this.#wanted ?? 0, atLeast);
    if (!this.#isReading) void this.#readWhileWanted();
  }

  listen(listener: StateListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    if (this.#stopFollowing === undefined) this.#stopFollowing = this.#follow();
    else this.#readNow();
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
      if (this.#listeners.length > 0 || this.#stopFollowing === undefined) return;
      this.#stopFollowing();
      this.#stopFollowing = undefined;
      this.#wanted = undefined;
    };
  }

  async #readWhileWanted(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#wanted !== undefined && this.#listeners.length > 0) {
        const atLeast = this.#wanted;
        this.#wanted = undefined;
        if (!(await this.#read(atLeast))) {
          this.refresh(atLeast);
          await wait(this.#shell.clock, TRY_AGAIN_MS);
        }
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** False when it must be tried again. */
  async #read(atLeast: number): Promise<boolean> {
    const { clock, log } = this.#shell;
    try {
      this.offer(await askState(this.#shell, this.#actor, atLeast > 0 ? { atLeast } : {}));
      this.#lastHeardAt = clock.now();
      return true;
    } catch (error) {
      const isOurs = error instanceof PawlError;
      // Not created yet: its first notice will tell. Closed: the listeners are told elsewhere.
      if (isOurs && (error.code === 'no-such-actor' || error.code === 'closed')) return true;
      if (!isOurs || !error.retryable) {
        for (const listener of this.#listeners) listener.onFailure(error);
        return true;
      }
      log('warn', 'A state could not be read; trying again', {
        actor: addressKey(this.#actor),
        ...errorFields(error),
      });
      return false;
    }
  }

  #onNotice(message: BusMessage): void {
    const { clock, log } = this.#shell;
    let notice: StateNotice;
    try {
      notice = decodeBody(message.body) as unknown as StateNotice;
    } catch (error) {
      log('warn', 'A state notice could not be read', errorFields(error));
      return;
    }
    this.#lastHeardAt = clock.now();
    for (const listener of this.#listeners) listener.onNotice(notice);
  }

  /**
   * A known sequence saves the host from asking the broker for the journal's head: what it folds
   * after its answer is told by notices.
   */
  #readNow(): void {
    this.refresh(this.latest?.sequence ?? 0);
  }

  /**
   * Subscribes first and reads second: one connection keeps the two in order, so no state between
   * them is missed.
   */
  #follow(): () => void {
    const { clock, ports, onReconnect } = this.#shell;
    const subject = ports.subjects.state(this.#actor);
    const subscription = ports.bus.subscribe(subject, (message) => this.#onNotice(message));
    const offReconnect = onReconnect(() => this.refresh(0));
    const reader: Stoppable = clock.every(READ_EVERY_MS, () => {
      if (clock.now() - this.#lastHeardAt >= READ_EVERY_MS) this.refresh(0);
    });
    this.#readNow();
    return () => {
      subscription.stop();
      offReconnect();
      reader.stop();
    };
  }
}

/** A watcher that nobody listens to yet: it costs nothing. */
export const createStateWatcher = (shell: ClientShell, actor: ActorAddress): StateWatcher =>
  new Watcher(shell, actor);
