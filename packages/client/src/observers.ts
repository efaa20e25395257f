// Observers of a handle, as XState and RxJS know them.

/** Something with any of the three callbacks. After `error` or `complete` nothing comes. */
export interface StateObserver<Snapshot> {
  /** A new state, the last one too: that in which the actor ended or was faulted. */
  readonly next?: (snapshot: Snapshot) => void;
  /**
   * ActorFaultedError: the actor cannot go on; subscribe again once an operator has mended it.
   * `closed`: the client was closed. Any other PawlError: a host or the broker refuses the state
   * for good, for its size or a missing permission. A lost connection, hosts that are away and an
   * actor that is not there yet are no errors: the subscription goes on by itself.
   */
  readonly error?: (error: unknown) => void;
  /** The actor has ended. */
  readonly complete?: () => void;
}

/** A running subscription. */
export interface StateSubscription {
  unsubscribe(): void;
}

/** An observer, from the one or three functions that a caller may give instead. */
export const observerOf = <Snapshot>(
  observerOrNext: StateObserver<Snapshot> | ((snapshot: Snapshot) => void),
  error?: (error: unknown) => void,
  complete?: () => void,
): StateObserver<Snapshot> =>
  typeof observerOrNext === 'object'
    ? observerOrNext
    : {
        next: observerOrNext,
        ...(error !== undefined && { error }),
        ...(complete !== undefined && { complete }),
      };
