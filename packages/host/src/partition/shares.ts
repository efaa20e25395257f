// Shares: how many partitions each host of a service holds, by the heartbeats. A pure rule.
import { outranks } from './type-difference.ts';

/** A host that is alive, as its last heartbeat has it. */
export interface Peer {
  readonly host: string;
  /** When its heartbeat came, ms. */
  readonly at: number;
  /** How many partitions it said it holds. */
  readonly held: number;
  /** Actor types that it folds. */
  readonly types: readonly string[];
}

/** Hosts send a heartbeat so often, ms. */
export const HEARTBEAT_MS = 1000;

/** A host that was silent for so long is taken for dead, ms: shorter than the broker's pin. */
export const SILENT_MS = 2500;

/** What a host knows when it looks at its share. */
export interface ShareQuestion {
  /** The host that asks. */
  readonly host: string;
  /** Partitions that it holds. */
  readonly held: readonly number[];
  /** Actor types that it folds. */
  readonly types: readonly string[];
  /** Number of partitions of the journal. */
  readonly partitions: number;
  /** Other hosts of the service. */
  readonly peers: readonly Peer[];
  readonly now: number;
}

/** Whether it holds too few, and what it gives away now: one at a time. */
export interface ShareAnswer {
  /** It gives all away: another host folds every type that it folds, and more. */
  readonly isStandby: boolean;
  readonly isShort: boolean;
  readonly give: number | undefined;
}

/**
 * Equal shares, but for one. Whoever is above the larger share gives away; whoever is above the
 * smaller one does so only while another is below it: which host has one more is nobody's affair,
 * and nothing moves because of it. Each host counts for itself: that one looks later than another
 * makes it give later, never too much. The partition with the largest number goes first.
 *
 * An entry of a type that a host lacks must not wait while another host has the type: a host whose
 * types another has, and more, has no share and counts for nobody.
 */
export const shareOf = (question: ShareQuestion): ShareAnswer => {
  const { host, held, types, partitions, peers, now } = question;
  const others = peers.filter((peer) => peer.host !== host && now - peer.at < SILENT_MS);
  const all = [types, ...others.map((peer) => peer.types)];
  const isOutranked = (own: readonly string[]): boolean => all.some((each) => outranks(each, own));
  if (isOutranked(types)) return { isStandby: true, isShort: false, give: undefined };
  const alive = others.filter((peer) => !isOutranked(peer.types));
  const smaller = Math.floor(partitions / (alive.length + 1));
  const larger = Math.ceil(partitions / (alive.length + 1));
  const isWanted = alive.some((peer) => peer.held < smaller);
  const isTooMuch = held.length > larger || (held.length > smaller && isWanted);
  return {
    isStandby: false,
    isShort: held.length < smaller,
    give: isTooMuch ? Math.max(...held) : undefined,
  };
};
