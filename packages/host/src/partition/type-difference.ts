// Which types the hosts of a service have that others of it lack. Pure rules.

/** Has the one all types of the other, and more? */
export const outranks = (one: readonly string[], other: readonly string[]): boolean =>
  one.some((type) => !other.includes(type)) && other.every((type) => one.includes(type));

/** How the types of a host and of its peers differ. */
export interface TypeDifference {
  /** Types that some peer has and this host has not. */
  readonly lacks: readonly string[];
  /** Types of this host that some peer has not. */
  readonly othersLack: readonly string[];
}

/** Compares a host's types with those of its peers. */
export const typeDifference = (
  types: readonly string[],
  peers: readonly (readonly string[])[],
): TypeDifference => ({
  lacks: [...new Set(peers.flat())].filter((type) => !types.includes(type)).toSorted(),
  othersLack: types.filter((type) => peers.some((peer) => !peer.includes(type))).toSorted(),
});
