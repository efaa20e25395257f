// The ledger: every call that was meant to change something, so that duplicates can be counted.

/** One mutating call, as it was answered. */
export interface LedgerEntry {
  /** Counts from 1. */
  readonly number: number;
  /** ISO 8601, by the simulator's clock. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Such as `create-server`. */
  readonly operation: string;
  /** Name of the resource, null where it has none. */
  readonly name: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** The resource that was made or changed, null where the call was refused. */
  readonly resourceId: string | null;
  /** HTTP status; 0 when the connection was cut instead of an answer. */
  readonly status: number;
  /** Whether the call had its effect, whatever was answered. */
  readonly applied: boolean;
}

/** Which entries to read. */
export interface LedgerFilter {
  readonly operation?: string;
  readonly name?: string;
}

/** Keeps the entries in the order in which the calls were carried out. */
export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  #count = 0;

  /** Appends a call. Numbers go on after `clear()`. */
  append(entry: Omit<LedgerEntry, 'number'>): void {
    this.#count += 1;
    this.#entries.push({ number: this.#count, ...entry });
  }

  /** Reads the entries that match, oldest first. */
  read(filter: LedgerFilter = {}): LedgerEntry[] {
    return this.#entries.filter(
      (entry) =>
        (filter.operation === undefined || entry.operation === filter.operation) &&
        (filter.name === undefined || entry.name === filter.name),
    );
  }

  /** Forgets all entries. */
  clear(): void {
    this.#entries.length = 0;
  }
}
