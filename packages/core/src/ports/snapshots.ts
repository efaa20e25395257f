// Port: snapshots. The last folded state of each actor, with what lists and the sweep need in
// headers.
import type { ActorAddress } from '../names.ts';

/** What a reader sees without loading the body. */
export interface SnapshotHeader extends ActorAddress {
  readonly sequence: number;
  /** Broker timestamp of the entry at `sequence`, ms: another journal has another. */
  readonly entryTime: number;
  /** Identity of the journal (`JournalIdentity.created`). */
  readonly journal: string;
  readonly version: string;
  readonly digest: string;
  readonly status: string;
  /** State value as JSON. */
  readonly value: string;
  readonly tags: readonly string[];
  readonly since: number;
  /** Earliest deadline or timer, ms since 1970. */
  readonly dueAt?: number;
  readonly parked?: ParkedMark;
}

/** Entries from `from` are acknowledged unfolded until somebody unparks the actor. */
export interface ParkedMark {
  readonly code: string;
  readonly message: string;
  /** First sequence that has not been folded. */
  readonly from: number;
}

/** A snapshot. */
export interface StoredSnapshot {
  readonly header: SnapshotHeader;
  /** The encoded ActorState; empty for an actor parked before its first step. */
  readonly body: Uint8Array;
  /** For the next save: compare and set. */
  readonly revision: number;
}

/**
 * How far a takeover of a partition has come: what is left of it when a host is ended by what it
 * folds.
 */
export interface RecoveryMark {
  /** Who takes over. */
  readonly host: string;
  /** Identity of the journal (`JournalIdentity.created`): sequences of another one say nothing. */
  readonly journal: string;
  /** The entry that is about to be folded; absent while none is named. */
  readonly sequence?: number;
  /** How many takeovers have folded that entry, or else the backlog, this one included. */
  readonly attempt: number;
}

/** What a save came to. */
export interface SavedSnapshot {
  /** Of what stands there now. */
  readonly revision: number;
  readonly saved: boolean;
  /** It stands there with a mark that the writer did not know: load it, then decide. */
  readonly isParked?: true;
}

/** Where a reader of changes has come to. */
export interface SnapshotPosition {
  /** Identity of the bucket: revisions of another one say nothing. */
  readonly bucket: string;
  /** The last revision that was read. */
  readonly revision: number;
}

/** What has changed since a position. */
export interface SnapshotChanges {
  /** In order of revision; of each actor the last one at least. */
  readonly snapshots: readonly StoredSnapshot[];
  /** Actors whose snapshot was removed, and not saved again since. */
  readonly removed: readonly ActorAddress[];
  readonly position: SnapshotPosition;
  /** There is more to read at once. */
  readonly hasMore: boolean;
}

/** Snapshots. */
export interface Snapshots {
  load(partition: number, actor: ActorAddress): Promise<StoredSnapshot | undefined>;
  /**
   * Saves unless a snapshot with a larger sequence of the same journal is there.
   * `revision` is what load or the last save returned, 0 for none, undefined when not known.
   * `disproved` is the revision of one that names an entry which the journal does not have: it is
   * replaced also by a smaller sequence. A mark (`parked`) is only taken away by a writer that
   * knows its revision: for any other `isParked` comes back, and nothing is saved. Returns the
   * new revision. Large states are stored in parts, head last.
   */
  save(
    partition: number,
    header: SnapshotHeader,
    body: Uint8Array,
    revision?: number,
    disproved?: number,
  ): Promise<SavedSnapshot>;
  /**
   * With `revision`, only what stands there up to that revision: a newer snapshot stays. Leaves a
   * mark that `changes` tells of.
   */
  remove(partition: number, actor: ActorAddress, revision?: number): Promise<void>;
  /**
   * All headers of a partition and type, in no order. What Pawl did not write is left out; its
   * actor is told, if somebody asks.
   */
  headers(
    partition: number,
    type?: string,
    onUnreadable?: (actor: ActorAddress) => void,
  ): Promise<readonly SnapshotHeader[]>;
  /**
   * The snapshots of a type that were saved or removed after a position, at most `limit`: an actor
   * that was saved many times comes at its last revision. From the beginning without a position, or
   * when it is of another bucket. May be behind by a replica's delay.
   */
  changes(
    type: string,
    after: SnapshotPosition | undefined,
    limit: number,
  ): Promise<SnapshotChanges>;
  /** The mark of an unfinished takeover of a service's partition. */
  loadRecovery(service: string, partition: number): Promise<RecoveryMark | undefined>;
  /** Replaces the mark, whoever wrote it; undefined: the takeover is over. */
  saveRecovery(service: string, partition: number, mark: RecoveryMark | undefined): Promise<void>;
}
