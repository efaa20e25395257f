// Saves changed actors of a partition, a little later and many at once, and then acknowledges.
import { encodeState, errorFields, PawlError, type ParkedMark, type Stoppable } from '@pawl/core';
import type { Receipt, ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import { headerOf, unbornHeader } from './snapshot-header.ts';

const SAVE_AGAIN_MS = 1000;

/** Called with the deliveries that a stored snapshot covers. */
export type OnSaved = (actor: ResidentActor, covered: readonly Receipt[]) => void;

/** Saves snapshots of one partition. */
export class SnapshotWriter {
  readonly #context: HostContext;
  readonly #partition: number;
  readonly #dirty = new Set<ResidentActor>();
  readonly #onSaved: OnSaved;
  readonly #onOvertaken: (actor: ResidentActor) => void;
  #timer: Stoppable | undefined;
  #saving: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    context: HostContext,
    partition: number,
    onSaved: OnSaved,
    onOvertaken: (actor: ResidentActor) => void,
  ) {
    this.#context = context;
    this.#partition = partition;
    this.#onSaved = onSaved;
    this.#onOvertaken = onOvertaken;
  }

  /** Notes a changed actor; it is saved within the snapshot delay. */
  add(actor: ResidentActor): void {
    if (this.#isClosed) return;
    this.#dirty.add(actor);
    this.#arm(this.#context.limits.snapshotDelayMs);
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#context.clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.flush();
    });
  }

  /** Ends: the partition is somebody else's, or is delivered anew. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.stop();
    this.#timer = undefined;
    this.#dirty.clear();
  }

  /** Saves all that is dirty now. One flush at a time; never rejects. */
  async flush(): Promise<void> {
    if (this.#saving !== undefined) {
      await this.#saving;
      if (this.#dirty.size > 0) this.#arm(0);
      return;
    }
    const actors = [...this.#dirty];
    this.#dirty.clear();
    this.#saving = Promise.all(actors.map((actor) => this.#save(actor))).then(() => undefined);
    await this.#saving;
    this.#saving = undefined;
  }

  /** Is a flush under way? What is dirty by then is saved right after it. */
  get isFlushing(): boolean {
    return this.#saving !== undefined;
  }

  async #save(actor: ResidentActor): Promise<void> {
    const { safe, mark, needsSave, held } = actor;
    actor.isSaving = true;
    try {
      const revision = needsSave ? await this.#store(actor, mark) : actor.revision;
      actor.isSaving = false;
      if (revision === 'overtaken') {
        if (!this.#isClosed) this.#onOvertaken(actor);
        return;
      }
      if (this.#isClosed) return;
      this.#onSaved(actor, actor.saved(safe?.sequence ?? 0, mark, revision, held));
    } catch (error) {
      actor.isSaving = false;
      actor.revision = undefined;
      if (this.#isClosed) return;
      const { log } = this.#context;
      log('warn', 'A snapshot could not be saved and is tried again', {
        actor: `${actor.address.type}/${actor.address.id}`,
        ...errorFields(error),
      });
      this.#dirty.add(actor);
      this.#arm(SAVE_AGAIN_MS);
    }
  }

  /**
   * Saves what is safe, with its mark. A snapshot that is newer stays, and gets the mark, unless it
   * has entries in it that the mark says nobody folds: somebody has unparked the actor. One with a
   * mark that nobody here knew of vouches for entries that this host has not got: it stays, too.
   */
  async #store(
    { safe, revision, address, disproved }: ResidentActor,
    parked: ParkedMark | undefined,
  ): Promise<number | undefined | 'overtaken'> {
    const { ports, identity, counters } = this.#context;
    const { created } = identity;
    if (safe !== undefined) {
      const header = headerOf(safe, created, parked);
      const body = encodeState(safe);
      const stored = await ports.snapshots.save(this.#partition, header, body, revision, disproved);
      if (stored.saved) counters.snapshots += 1;
      if (stored.isParked) return 'overtaken';
      if (stored.saved || parked === undefined) return stored.revision;
    }
    if (parked === undefined) return revision;
    const known = await ports.snapshots.load(this.#partition, address);
    const isOurs = known?.header.journal === created;
    if (isOurs && known.header.sequence >= parked.from) return 'overtaken';
    const header = isOurs ? { ...known.header, parked } : unbornHeader(address, created, parked);
    const body = isOurs ? known.body : new Uint8Array();
    const marked = await ports.snapshots.save(this.#partition, header, body, known?.revision);
    if (!marked.saved)
      throw new PawlError('sequence-conflict', 'Somebody saved a newer state before the mark.');
    counters.snapshots += 1;
    return marked.revision;
  }
}
