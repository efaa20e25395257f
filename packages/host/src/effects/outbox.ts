// The outbox of one actor: its effects leave in order, and wait for each other where order matters.
import { addressKey, errorFields, type Effect, type EffectOrigin } from '@pawl/core';
import { isPassing } from '../retry.ts';
import { isStored, publishEffect, type EffectContext } from './publish-effect.ts';

/** What an outbox needs besides ports. */
export interface OutboxOptions extends EffectContext {
  /** Does it again until it works; rejects when the broker refuses for good. */
  readonly retry: (what: string, action: () => Promise<void>) => Promise<void>;
}

/** Publishes effects of one actor. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** While a publish is tried again, everything later waits for it. Never rejects. */
  #blockedBy: Promise<void> | undefined = undefined;
  /** Last peer event under way, by receiver: (sequence, n) must arrive in order. */
  #peers: Map<string, Promise<unknown>> | undefined = undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * Publishes the effects of a step in order. Undefined: nothing has to be waited for. Rejects
   * with the broker's refusal when an effect can never be stored.
   */
  publish(origin: EffectOrigin, effects: readonly Effect[]): Promise<unknown> | undefined {
    const waits: Promise<unknown>[] = [];
    for (const effect of effects)
      if (isStored(effect)) waits.push(this.#store(origin, effect));
      else this.#tell(origin, effect);
    return waits.length > 1 ? Promise.all(waits) : waits[0];
  }

  /** Best effort: a cancel, a disarm and a log line change no state when they are lost. */
  #tell(origin: EffectOrigin, effect: Effect): void {
    this.#try(origin, effect).catch((error: unknown) =>
      this.#options.log('warn', `${whatOf(origin, effect)} failed`, errorFields(error)),
    );
  }

  #store(origin: EffectOrigin, effect: Effect): Promise<unknown> {
    return effect.kind === 'peer' || effect.kind === 'create'
      ? this.#storeInOrder(addressKey(effect.to), origin, effect)
      : this.#attempt(origin, effect);
  }

  /**
   * One message to a receiver at a time. After a refusal the later ones are not sent: the receiver
   * would take the refused one for a repeat, when it comes after all.
   */
  async #storeInOrder(receiver: string, origin: EffectOrigin, effect: Effect): Promise<void> {
    this.#peers ??= new Map<string, Promise<unknown>>();
    const peers = this.#peers;
    const before = peers.get(receiver);
    const sent =
      before === undefined
        ? this.#attempt(origin, effect)
        : before.then(() => this.#attempt(origin, effect));
    peers.set(receiver, sent);
    try {
      await sent;
    } finally {
      if (peers.get(receiver) === sent) peers.delete(receiver);
    }
  }

  #attempt(origin: EffectOrigin, effect: Effect): Promise<unknown> {
    if (this.#blockedBy !== undefined)
      return this.#blockedBy.then(() => this.#attempt(origin, effect));
    return this.#try(origin, effect).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      const again = this.#options.retry(whatOf(origin, effect), async () => {
        await this.#try(origin, effect);
      });
      this.#block(again);
      return again;
    });
  }

  /** A message that cannot even be made rejects like one that is refused. */
  #try(origin: EffectOrigin, effect: Effect): Promise<unknown> {
    try {
      return publishEffect(this.#options, origin, effect) ?? DONE;
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Several can be tried again at a time, when they were under way together. */
  #block(again: Promise<void>): void {
    const blocked = Promise.allSettled([this.#blockedBy, again]).then(() => {
      if (this.#blockedBy === blocked) this.#blockedBy = undefined;
    });
    this.#blockedBy = blocked;
  }
}

const DONE: Promise<void> = Promise.resolve();

const whatOf = ({ state }: EffectOrigin, { kind }: Effect): string =>
  `${kind} of ${addressKey(state)}@${state.sequence}`;
