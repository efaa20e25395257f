// Core messaging at the broker: subjects with wildcards, queue groups, interest.
import type { Headers } from '@pawl/core';
import { copyBytes } from './limits.ts';

/** A message as the broker hands it to a subscriber. */
export interface HubMessage {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
  /** Takes an answer when the message is a request. */
  readonly reply?: ((body: Uint8Array) => void) | undefined;
}

/** A subscription at the broker. */
export interface HubSubscription {
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
  take(message: HubMessage): void;
}

/** Does a subject match a pattern with `*` and a final `>`? */
export const matchesSubject = (pattern: readonly string[], subject: readonly string[]): boolean => {
  for (const [index, token] of pattern.entries()) {
    if (token === '>') return subject.length > index;
    if (index >= subject.length) return false;
    if (token !== '*' && token !== subject[index]) return false;
  }
  return pattern.length === subject.length;
};

/** Something that stores messages of a subject, as a stream does; true when it took this one. */
export type Capture = (message: HubMessage) => boolean;

/** Where patterns with a wildcard among their first two tokens are kept. */
const WILD = '*';
const NOBODY: ReadonlySet<HubSubscription> = new Set();

const startOf = ([first = '', second = '']: readonly string[]): string => {
  const isWild = [first, second].some((token) => token === '*' || token === '>');
  return isWild ? WILD : `${first}.${second}`;
};

/** The hub. */
export class BusHub {
  /** By the first two tokens of the pattern: most messages interest nobody. */
  readonly #subscriptions = new Map<string, Set<HubSubscription>>();
  readonly #captures: Capture[] = [];
  /** Whose turn it is, by queue group: the server picks at random, here it goes round. */
  readonly #turns = new Map<string, number>();

  subscribe(subscription: HubSubscription): void {
    const start = startOf(subscription.pattern);
    const known = this.#subscriptions.get(start);
    if (known === undefined) this.#subscriptions.set(start, new Set([subscription]));
    else known.add(subscription);
  }

  unsubscribe(subscription: HubSubscription): void {
    this.#subscriptions.get(startOf(subscription.pattern))?.delete(subscription);
  }

  /** May anybody listen to it? */
  hasListeners(subject: string): boolean {
    const tokens = subject.split('.', 2);
    return this.#candidatesFor(tokens).length > 0;
  }

  capture(capture: Capture): void {
    this.#captures.push(capture);
  }

  /** Hands a message that is already stored, or need not be, to those who listen. */
  publish(
    subject: string,
    body: Uint8Array,
    headers: Headers = {},
    reply?: (body: Uint8Array) => void,
  ): number {
    const takers = this.#takersOf(subject);
    if (takers.length === 0) return 0;
    const message = { subject, body: copyBytes(body), headers: { ...headers }, reply };
    for (const taker of takers) taker.take(message);
    return takers.length;
  }

  /** A publish from outside: streams see it too. Returns how many took it. */
  receive(
    subject: string,
    body: Uint8Array,
    headers: Headers,
    reply?: (body: Uint8Array) => void,
  ): number {
    const message = { subject, body, headers, reply };
    const captured = this.#captures.filter((capture) => capture(message)).length;
    return captured + this.publish(subject, body, headers, reply);
  }

  #candidatesFor(tokens: readonly string[]): readonly HubSubscription[] {
    const exact = this.#subscriptions.get(startOf(tokens)) ?? NOBODY;
    const wild = this.#subscriptions.get(WILD) ?? NOBODY;
    return [...exact, ...wild];
  }

  #takersOf(subject: string): readonly HubSubscription[] {
    const tokens = subject.split('.');
    const takers: HubSubscription[] = [];
    const groups = new Map<string, HubSubscription[]>();
    for (const subscription of this.#candidatesFor(tokens)) {
      if (!matchesSubject(subscription.pattern, tokens)) continue;
      if (subscription.queue === undefined) takers.push(subscription);
      else {
        const key = `${subscription.queue} ${subscription.pattern.join('.')}`;
        groups.set(key, [...(groups.get(key) ?? []), subscription]);
      }
    }
    for (const [key, members] of groups) {
      const turn = this.#turns.get(key) ?? 0;
      this.#turns.set(key, turn + 1);
      const member = members[turn % members.length];
      if (member !== undefined) takers.push(member);
    }
    return takers;
  }
}
