// An actor's state as a client sees it: shaped like an XState snapshot, and typed by the machine.
import { PawlError, type ErrorData, type Fault, type StateView } from '@pawl/core';
import { matchesState, type AnyStateMachine, type ContextFrom, type OutputFrom } from 'xstate';
import type { EventFromLogic, SnapshotFrom, StateValue, StateValueFrom } from 'xstate';
import type { StateNotice, WaitingFor } from '@pawl/core';

/** The state value, as typed by the machine. */
export type ValueOf<Machine extends AnyStateMachine> = SnapshotFrom<Machine>['value'];

/** A state of an actor. `context` and `output` are those of the moment `sequence`. */
export interface ActorSnapshot<Machine extends AnyStateMachine = AnyStateMachine> {
  /** `unknown`: nothing has been read yet. `faulted`: the runtime cannot go on, see `fault`. */
  readonly status: 'active' | 'done' | 'faulted' | 'unknown';
  readonly value: ValueOf<Machine>;
  readonly context: ContextFrom<Machine>;
  readonly output: OutputFrom<Machine> | undefined;
  readonly tags: ReadonlySet<string>;
  readonly fault: Fault | undefined;
  /** Of the fault, if there is one. */
  readonly error: ErrorData | undefined;
  /** Journal sequence of the last entry folded; 0 when nothing has been read yet. */
  readonly sequence: number;
  /** The actor's clock, ms since 1970. */
  readonly time: number;
  /** Since when it has this value, ms since 1970. */
  readonly since: number;
  /** Version of its machine. */
  readonly version: string;
  /** Event types that the state has transitions for. Guards are not asked. */
  readonly accepts: readonly string[];
  readonly waitingFor: readonly WaitingFor[];
  /** Why its entries wait unfolded, if they do. */
  readonly parked: ErrorData | undefined;
  matches(value: StateValueFrom<Machine>): boolean;
  hasTag(tag: Parameters<SnapshotFrom<Machine>['hasTag']>[0]): boolean;
  /** Is there a transition for this event? Only a host asks guards. */
  can(event: EventFromLogic<Machine>): boolean;
  /** The state as it stood on the wire. */
  toJSON(): unknown;
}

/** Thrown by a light snapshot when somebody wants what the notice did not carry. */
export class NeedsFullState extends Error {}

const matchesValue = (value: unknown, wanted: unknown): boolean =>
  value !== undefined && matchesState(wanted as StateValue, value as StateValue);

const methodsOf = (
  value: unknown,
  tags: ReadonlySet<string>,
  accepts: () => readonly string[],
): Pick<ActorSnapshot, 'matches' | 'hasTag' | 'can'> => ({
  matches: (wanted: unknown) => matchesValue(value, wanted),
  hasTag: (tag: string) => tags.has(tag),
  can: (event: { readonly type: string }) => accepts().includes(event.type),
});

/** A full state. */
export const snapshotOfView = <Machine extends AnyStateMachine>(
  view: StateView,
): ActorSnapshot<Machine> => {
  const tags = new Set(view.tags);
  const snapshot: ActorSnapshot = {
    status: view.status,
    value: view.value,
    context: view.context,
    output: view.output,
    tags,
    fault: view.fault,
    error: view.fault?.error,
    sequence: view.sequence,
    time: view.time,
    since: view.since,
    version: view.version,
    accepts: view.accepts,
    waitingFor: view.waitingFor,
    parked: view.parked,
    ...methodsOf(view.value, tags, () => view.accepts),
    toJSON: () => view,
  };
  return snapshot as ActorSnapshot<Machine>; // The machine's own state, off the wire.
};

/** What is known without a full state; reading more calls `missing`, which throws. */
interface LightState extends Omit<StateNotice, 'status'>, Pick<ActorSnapshot, 'status'> {
  readonly missing: (field: string) => never;
}

/** A class, because its getters are made once: a client makes one of these for each notice. */
class LightSnapshot {
  readonly status: ActorSnapshot['status'];
  readonly value: unknown;
  readonly tags: ReadonlySet<string>;
  readonly sequence: number;
  readonly time: number;
  readonly #light: LightState;

  constructor(light: LightState) {
    this.status = light.status;
    this.value = light.value;
    this.tags = new Set(light.tags);
    this.sequence = light.sequence;
    this.time = light.time;
    this.#light = light;
  }

  get context(): never {
    return this.#light.missing('context');
  }

  get output(): never {
    return this.#light.missing('output');
  }

  get fault(): never {
    return this.#light.missing('fault');
  }

  get error(): never {
    return this.#light.missing('error');
  }

  get since(): never {
    return this.#light.missing('since');
  }

  get version(): never {
    return this.#light.missing('version');
  }

  get accepts(): never {
    return this.#light.missing('accepts');
  }

  get waitingFor(): never {
    return this.#light.missing('waitingFor');
  }

  get parked(): never {
    return this.#light.missing('parked');
  }

  matches(wanted: unknown): boolean {
    return matchesValue(this.value, wanted);
  }

  hasTag(tag: string): boolean {
    return this.tags.has(tag);
  }

  can(): boolean {
    return this.accepts;
  }

  toJSON(): unknown {
    const { sequence, time, value, tags, status } = this.#light;
    return { sequence, time, value, tags, status };
  }
}

const lightSnapshot = <Machine extends AnyStateMachine>(
  light: LightState,
): ActorSnapshot<Machine> => new LightSnapshot(light) as unknown as ActorSnapshot<Machine>;

const needsFullState = (): never => {
  throw new NeedsFullState();
};

/** A notice, to try a predicate on before the full state is fetched. */
export const probeOfNotice = <Machine extends AnyStateMachine>(
  notice: StateNotice,
): ActorSnapshot<Machine> => lightSnapshot({ ...notice, missing: needsFullState });

/** A state that has passed: the notice told of it, the rest of it is gone. */
export const passedSnapshot = <Machine extends AnyStateMachine>(
  notice: StateNotice,
  key: string,
): ActorSnapshot<Machine> =>
  lightSnapshot({
    ...notice,
    missing: (field) => {
      throw new PawlError(
        'no-answer',
        `${key} has left the awaited state (sequence ${notice.sequence}) before its ${field} ` +
          'could be read. Wait for a state that stays, or read history().',
      );
    },
  });

/** Before the first read: matches nothing. Selectors that read `context` need `load()` first. */
export const unreadSnapshot = <Machine extends AnyStateMachine>(
  key: string,
): ActorSnapshot<Machine> =>
  lightSnapshot({
    sequence: 0,
    time: 0,
    value: undefined,
    tags: [],
    status: 'unknown',
    missing: (field) => {
      throw new PawlError(
        'no-answer',
        `The state of ${key} has not been read yet, so there is no ${field}: await load() first.`,
      );
    },
  });
