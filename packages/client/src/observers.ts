// Observers of a handle, as XState and RxJS know them.

/** Something with any of the three callbacks. */
export interface StateObserver<Snapshot> {
  readonly next?: (snapshot: Snapshot) => void;
  readonly error?: (error: unknown) => void;
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
