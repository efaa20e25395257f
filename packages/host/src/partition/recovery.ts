// The mark of a takeover: written before a backlog is folded, gone when it is. What is left of it
// tells the next host where this one ended.
import {
  addressKey,
  encodeBody,
  errorFields,
  faultedBy,
  fnv1a,
  isDoneWithin,
  PawlError,
  readEntry,
  type HostBody,
  type RecoveryMark,
  type StoredEntry,
} from '@pawl/core';
import type { HostContext } from '../host-context.ts';
import { untilDone } from '../retry.ts';
import {
  attemptAt,
  planRecovery,
  withoutOwn,
  type Backlog,
  type RecoveryPlan,
} from './recovery-rule.ts';

/** A bucket that does not answer for so long does not hold up the partition, ms. */
const PATIENCE_MS = 2000;

/**
 * A suspect is folded so long after all is read, ms, and each of them at another moment: hosts that
 * are killed again and again while they take over end before or between, which does not count
 * against it. One that ends hosts ends this one, too.
 */
const CALM_MS = 300;
const SPREAD_MS = 1200;

/** The marks of one partition, over all the times that this host takes it over. */
export class Recovery {
  readonly #context: HostContext;
  readonly #partition: number;
  /** What this process has written last. */
  #own: RecoveryMark | undefined;
  /** The bucket does not answer: this takeover goes on without naming entries. */
  #isMute = false;
  #plan: RecoveryPlan = { isSingle: false, attempt: 1 };

  constructor(context: HostContext, partition: number) {
    this.#context = context;
    this.#partition = partition;
  }

  /** Reads what the takeover before has left, faults the actor of an entry that ends hosts. */
  async begin(backlog: Omit<Backlog, 'journal'>, isCurrent: () => boolean): Promise<RecoveryPlan> {
    const { ports, service, identity } = this.#context;
    this.#isMute = false;
    const load = (): Promise<RecoveryMark | undefined> =>
      ports.snapshots.loadRecovery(service, this.#partition);
    const found = await this.#tried('read', isCurrent, load);
    const mark = withoutOwn(found, this.#own);
    this.#plan = planRecovery(mark, { ...backlog, journal: identity.created });
    const { culprit, isSingle } = this.#plan;
    if (culprit !== undefined) await this.#tryToFault(culprit, isCurrent);
    if (!isSingle) await this.nameNone(isCurrent);
    return this.#plan;
  }

  /** Names the entry that is about to be folded. Rejects when the partition is lost. */
  async name(sequence: number, isCurrent: () => boolean): Promise<void> {
    if (this.#isMute || this.#own?.sequence === sequence) return;
    const attempt = attemptAt(this.#plan, sequence);
    if (attempt > 1) await this.#calm(sequence);
    checkCurrent(isCurrent);
    await this.#save({ sequence, attempt }, isCurrent);
    checkCurrent(isCurrent);
  }

  #calm(sequence: number): Promise<void> {
    const { clock, host } = this.#context;
    const spread = fnv1a(`${host}/${this.#partition}/${sequence}`) % SPREAD_MS;
    return new Promise((resolve) => void clock.after(CALM_MS + spread, resolve));
  }

  /** Does the mark name an entry at which a takeover has ended before? */
  get hasNamedSuspect(): boolean {
    return this.#own?.sequence !== undefined && this.#own.attempt > 1;
  }

  /** All that is left is folded at once: it names no entry. */
  nameNone(isCurrent: () => boolean): Promise<void> {
    return this.#save({ attempt: this.#plan.attempt }, isCurrent);
  }

  /** The backlog is folded, or left in good order. */
  end(isCurrent: () => boolean): Promise<void> {
    return this.#own === undefined ? Promise.resolve() : this.#save(undefined, isCurrent);
  }

  async #save(
    mark: Pick<RecoveryMark, 'sequence' | 'attempt'> | undefined,
    isCurrent: () => boolean,
  ): Promise<void> {
    const { ports, service, host, identity } = this.#context;
    const whole = mark && { host, journal: identity.created, ...mark };
    this.#own = whole;
    await this.#tried('written', isCurrent, () =>
      ports.snapshots.saveRecovery(service, this.#partition, whole),
    );
  }

  /** Without its mark a takeover goes on all the same: the marks are a help, not a condition. */
  async #tried<Result>(
    done: 'read' | 'written',
    isCurrent: () => boolean,
    action: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const { clock, log, service } = this.#context;
    const what = `The recovery mark of partition ${this.#partition} of ${service}`;
    let isLate = false;
    const isWanted = (): boolean => isCurrent() && !isLate;
    const work = untilDone(action, { clock, log, what, isWanted, refusedMaxMs: PATIENCE_MS });
    let error: unknown = `no answer in ${PATIENCE_MS} ms`;
    try {
      if (await isDoneWithin(clock, PATIENCE_MS, work)) return await work;
      isLate = true;
      work.catch(() => undefined); // Nobody waits for it any more.
    } catch (failure) {
      error = failure;
    }
    this.#isMute = true;
    if (isCurrent()) log('warn', `${what} could not be ${done}`, errorFields(error));
    return undefined;
  }

  async #tryToFault(sequence: number, isCurrent: () => boolean): Promise<void> {
    try {
      await this.#fault(sequence, isCurrent);
    } catch (error) {
      if (!isCurrent()) throw error;
      const { log } = this.#context;
      const what = `Journal entry ${sequence} ends hosts, and its actor could not be faulted`;
      log('error', what, errorFields(error));
    }
  }

  /** From now on nobody folds the entry: each load finds the word about it first. */
  async #fault(sequence: number, isCurrent: () => boolean): Promise<void> {
    const { ports, clock, log } = this.#context;
    const what = `Faulting the actor of journal entry ${sequence}`;
    const retry = { clock, log, what, isWanted: isCurrent };
    const stored = await untilDone(() => ports.journal.get(sequence), retry);
    if (stored === undefined) return;
    const { type, id } = stored;
    const later = await untilDone(() => ports.journal.read(stored, { from: sequence }), retry);
    if (later.some((entry) => isWordAbout(entry, sequence)) || !isCurrent()) return;
    const key = addressKey(stored);
    const message =
      `Entry ${sequence} (${stored.kindToken}) of ${key} ended or blocked each host that folded ` +
      `it. Mend the machine and fold the journal again (\`pawl fold-again\`), or go on without ` +
      `the entry (\`pawl retry ${key}\`).`;
    const body: HostBody = { type: 'faulted', sequence, error: { code: 'host-crashed', message } };
    log('error', message, { partition: this.#partition });
    await untilDone(
      () => ports.journal.append({ type, id, kindToken: 'host', body: encodeBody(body) }),
      retry,
    );
  }
}

const checkCurrent = (isCurrent: () => boolean): void => {
  if (!isCurrent()) throw new PawlError('closed', 'The partition is lost: nothing is folded.');
};

const isWordAbout = (stored: StoredEntry, sequence: number): boolean => {
  if (stored.kindToken !== 'host') return false;
  try {
    return faultedBy(readEntry(stored))?.sequence === sequence;
  } catch {
    return false; // Refused when it is delivered; it says nothing.
  }
};
