// One actor in memory: its newest state, and the steps whose effects or snapshot are not stored.
import type { ActorAddress, ActorState, Delivery, ParkedMark, Step } from '@pawl/core';

/** What is left of a delivery once its entry has been folded: the entry itself may go. */
export interface Receipt {
  readonly sequence: number;
  readonly ack: () => void;
}

/** A folded entry whose effects are on their way. */
export interface OpenStep {
  /** Absent for what loading folded: its delivery comes later, or came while it was parked. */
  readonly receipt: Receipt | undefined;
  /** May be saved once this step and all before it are stored. */
  readonly state: ActorState | undefined;
  /** First sequence to fold again if the actor is parked before this step. */
  readonly from: number;
  isStored: boolean;
}

/** What loading found. */
export interface AdoptedState {
  /** State at the head of the journal. */
  readonly state: ActorState | undefined;
  /** State of the stored snapshot, if it was proved. */
  readonly saved: ActorState | undefined;
  readonly revision: number | undefined;
  /** Revision of the stored snapshot when the journal disproves it. */
  readonly disproved?: number | undefined;
  /** Where folding stopped. */
  readonly parked: ParkedMark | undefined;
  /** The mark that the stored snapshot carries. */
  readonly savedMark: ParkedMark | undefined;
  /** Entries up to here are part of what was loaded. */
  readonly upTo: number;
}

const isSameMark = (one: ParkedMark | undefined, other: ParkedMark | undefined): boolean =>
  one?.code === other?.code && one?.from === other?.from;

/** An actor that the host holds in memory. */
export class ResidentActor {
  readonly address: ActorAddress;
  /** State after the last folded entry; undefined before birth. */
  state: ActorState | undefined = undefined;
  /** Deliveries that wait while the actor is loaded. Undefined once it is ready. */
  mailbox: Delivery[] | undefined = [];
  #ahead: Map<number, Step> | undefined = undefined;
  loadedUpTo = 0;
  /** Revision of its snapshot; undefined when not known. */
  revision: number | undefined = undefined;
  /** Revision of a snapshot that must be replaced whatever its sequence is. */
  disproved: number | undefined = undefined;
  isSaving = false;

  #onSaved: (() => void)[] = [];
  readonly #open: OpenStep[] = [];
  /** Effects of everything up to this state are stored. */
  #safe: ActorState | undefined = undefined;
  #savedSequence = 0;
  #parked: ParkedMark | undefined = undefined;
  #savedMark: ParkedMark | undefined = undefined;
  /** Mark of an actor that loading has unparked, until its effects up to there are stored. */
  #catchingUp: { readonly mark: ParkedMark; readonly until: number } | undefined = undefined;
  /** Folded, effects stored; acknowledged once a snapshot covers them. */
  #settled: Receipt[] = [];
  /** Unfolded; acknowledged once the mark is stored that says from where to fold on. */
  #held: Receipt[] = [];

  constructor(address: ActorAddress) {
    this.address = address;
  }

  /** Steps folded while loading, ahead of their deliveries. */
  get ahead(): Map<number, Step> {
    return (this.#ahead ??= new Map<number, Step>());
  }

  /** Takes the step of an entry that loading has folded. */
  takeAhead(sequence: number): Step | undefined {
    const step = this.#ahead?.get(sequence);
    if (step !== undefined) this.#ahead?.delete(sequence);
    return step;
  }

  /** Takes over what was loaded. */
  adopt(adopted: AdoptedState): void {
    const { state, saved, revision, parked, savedMark, upTo, disproved } = adopted;
    this.disproved = disproved;
    this.state = state;
    this.#safe = saved;
    this.#savedSequence = saved?.sequence ?? 0;
    this.revision = revision;
    this.#parked = parked;
    this.#savedMark = savedMark;
    const isUnparked = parked === undefined && savedMark !== undefined && state !== undefined;
    this.#catchingUp = isUnparked ? { mark: savedMark, until: state.sequence } : undefined;
    this.loadedUpTo = upTo;
  }

  /** Begins a step. Settle it once all its effects are stored. */
  begin(receipt: Receipt | undefined, state: ActorState | undefined, from: number): OpenStep {
    const step: OpenStep = { receipt, state, from, isStored: false };
    this.#open.push(step);
    return step;
  }

  /** All effects of the step are stored. The state becomes safe in the order of steps. */
  settle(step: OpenStep): void {
    step.isStored = true;
    for (let first = this.#open[0]; first?.isStored === true; first = this.#open[0]) {
      this.#open.shift();
      if (first.state !== undefined && first.state.sequence > (this.#safe?.sequence ?? 0))
        this.#safe = first.state;
      if (first.receipt !== undefined) this.#settled.push(first.receipt);
    }
  }

  /** Why and from where entries are not folded. */
  get parked(): ParkedMark | undefined {
    return this.#parked;
  }

  /**
   * The mark that a snapshot must carry. An actor that is not parked any more keeps its old one
   * until the effects of all that was acknowledged unfolded are stored: whoever loads it before
   * that publishes them again.
   */
  get mark(): ParkedMark | undefined {
    if (this.#parked !== undefined) return this.#parked;
    const catchingUp = this.#catchingUp;
    const isDone = catchingUp === undefined || (this.#safe?.sequence ?? 0) >= catchingUp.until;
    return isDone ? undefined : catchingUp.mark;
  }

  /**
   * Parks the actor before `mark.from`: steps from there on are given up, and their deliveries
   * held. False when it has been parked at or before that entry.
   */
  park(mark: ParkedMark): boolean {
    if (this.#parked !== undefined && this.#parked.from <= mark.from) return false;
    this.#parked = mark;
    this.#ahead?.clear();
    const kept = this.#open.findIndex(({ from }) => from >= mark.from);
    const given = kept < 0 ? [] : this.#open.splice(kept);
    for (const { receipt } of given) if (receipt !== undefined) this.#held.push(receipt);
    if (given.length > 0) this.state = this.#open.at(-1)?.state ?? this.#safe;
    return true;
  }

  /** Somebody folds on: what was held is acknowledged with the snapshot that covers it. */
  unpark(): void {
    this.#parked = undefined;
    this.#settled.push(...this.#held.splice(0));
  }

  /** Holds a delivery of a parked actor until its mark is stored. */
  hold(receipt: Receipt): void {
    this.#held.push(receipt);
  }

  /** The newest state whose effects are all stored. */
  get safe(): ActorState | undefined {
    return this.#safe;
  }

  /** What is held now: a mark that is stored from now on vouches for it. */
  get held(): readonly Receipt[] {
    return [...this.#held];
  }

  /**
   * Is the stored snapshot older than what is safe, or without the right mark? For what was held
   * since, the mark is stored once more: another host may have taken it away, not knowing of that.
   */
  get needsSave(): boolean {
    const isNewer = this.#safe !== undefined && this.#safe.sequence > this.#savedSequence;
    return isNewer || this.#held.length > 0 || !isSameMark(this.mark, this.#savedMark);
  }

  /** The bucket was made anew: whatever it had of this actor is gone. */
  forgetSaved(): void {
    this.#savedSequence = 0;
    this.#savedMark = undefined;
    this.revision = undefined;
  }

  /** Does a stored snapshot cover the entry? */
  isSavedAt(sequence: number): boolean {
    return this.#savedSequence >= sequence;
  }

  /** Resolves when a snapshot is stored the next time, or never will be: see `endWaiting`. */
  nextSave(): Promise<void> {
    return new Promise((resolve) => void this.#onSaved.push(resolve));
  }

  /** No snapshot is stored here any more: ends what waits for one. */
  endWaiting(): void {
    for (const resolve of this.#onSaved.splice(0)) resolve();
  }

  /** Does anything wait for a snapshot or an acknowledgement? */
  get isDirty(): boolean {
    return this.#settled.length > 0 || this.#held.length > 0 || this.needsSave;
  }

  /** May it be dropped from memory without losing anything? */
  get isIdle(): boolean {
    const isAtRest = this.mailbox === undefined && !this.isDirty && !this.isSaving;
    return isAtRest && this.#open.length === 0 && (this.#ahead?.size ?? 0) === 0;
  }

  /**
   * A snapshot at `sequence` with this mark is stored: returns the deliveries that it covers.
   * `held`: those that were held when its save began.
   */
  saved(
    sequence: number,
    mark: ParkedMark | undefined,
    revision: number | undefined,
    held: readonly Receipt[] = this.#held,
  ): readonly Receipt[] {
    this.#savedSequence = Math.max(this.#savedSequence, sequence);
    this.#savedMark = mark;
    this.revision = revision;
    this.endWaiting();
    const isCovered = (receipt: Receipt): boolean => receipt.sequence <= sequence;
    const covered = this.#settled.filter(isCovered);
    this.#settled = this.#settled.filter((receipt) => !isCovered(receipt));
    if (mark === undefined || !isSameMark(mark, this.#parked)) return covered;
    const vouched = new Set(held);
    const done = this.#held.filter((receipt) => vouched.has(receipt));
    this.#held = this.#held.filter((receipt) => !vouched.has(receipt));
    return [...covered, ...done];
  }
}
