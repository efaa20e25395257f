// A walk: one random machine, folded and live side by side, compared after every step.
import { isDeepStrictEqual } from 'node:util';
import { command, decodeState, encodeState, HEADER, registerMachine } from '@pawl/core';
import type {
  ActorState,
  Effect,
  Entry,
  EntryKind,
  Fold,
  RegisteredMachine,
  Step,
} from '@pawl/core';
import { z } from 'zod';
import type { AnyActorLogic } from 'xstate';
import { ConstructCounter } from './constructs.ts';
import { LiveActor, type Happening } from './live-actor.ts';
import { createRandom, type Random } from './random.ts';
import { EVENTS } from './random-actions.ts';
import { createRandomMachine } from './random-machine.ts';

/** Where fold and live part. */
export interface Difference {
  readonly seed: number;
  readonly step: number;
  readonly action: string;
  readonly what: string;
  readonly folded: unknown;
  readonly live: unknown;
}

/** Result of a walk. */
export interface WalkResult {
  readonly steps: number;
  readonly counter: ConstructCounter;
  readonly difference: Difference | undefined;
}

const task = command({
  name: 'task',
  service: 'walk',
  input: z.unknown(),
  output: z.unknown(),
  retry: { attemptsMax: 1 },
  deadlineMs: 300,
});

/** JSON without what live XState keeps and the fold has elsewhere, and with errors as messages. */
const normal = (value: unknown): unknown => {
  if (value instanceof Error) return { message: value.message };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(normal);
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields['xstate$$type'] === 1) return { ref: fields['id'] };
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, item]) => item !== undefined && key !== 'nodes' && key !== 'syncSnapshot')
      .map(([key, item]) => [key, key === 'error' ? normalError(item) : normal(item)]),
  );
};

const normalError = (error: unknown): unknown => ({
  message: (error as { readonly message?: unknown } | undefined)?.message,
});

/** A task's snapshot holds its input in live XState; in the fold the pending table does. */
const withoutTaskInput = (persisted: unknown): unknown => {
  const snapshot = persisted as { readonly children?: Record<string, { snapshot: object }> };
  const children = Object.entries(snapshot.children ?? {}).map(([id, child]) => {
    const { input: _input, ...rest } = child.snapshot as { readonly input?: unknown };
    return [id, { ...child, snapshot: withoutTaskInput(rest) }];
  });
  return snapshot.children === undefined
    ? snapshot
    : { ...snapshot, children: Object.fromEntries(children) as unknown };
};

/** The smallest part in which two values differ. */
const firstDifference = (
  folded: unknown,
  live: unknown,
  what: string,
): Pick<Difference, 'what' | 'folded' | 'live'> => {
  const areObjects =
    typeof folded === 'object' && typeof live === 'object' && folded !== null && live !== null;
  if (areObjects) {
    const one = folded as Readonly<Record<string, unknown>>;
    const other = live as Readonly<Record<string, unknown>>;
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      if (!isDeepStrictEqual(one[key], other[key]))
        return firstDifference(one[key], other[key], `${what}.${key}`);
  }
  return { what, folded, live };
};

const happeningsOf = (effects: readonly Effect[], before: Map<string, number>): Happening[] =>
  effects.flatMap((effect): Happening[] => {
    switch (effect.kind) {
      case 'command':
        return [['command', effect.path, effect.input]];
      case 'cancel':
        return [['cancel', effect.path]];
      case 'arm':
        before.set(effect.generation, effect.dueAt);
        return [['arm', effect.dueAt]];
      case 'disarm':
        return [['disarm', before.get(effect.generation)]];
      case 'emit':
        return [['emit', effect.event]];
      case 'log':
        return [['log', effect.value]];
      default:
        return [];
    }
  });

/** One walk. `plant` may change the registered machine, to see that the walk finds out. */
export class Walk {
  readonly counter: ConstructCounter = new ConstructCounter();
  private readonly seed: number;
  private readonly fold: Fold;
  private readonly random: Random;
  private readonly live: LiveActor;
  private readonly registered: RegisteredMachine;
  private readonly dues = new Map<string, number>();
  private readonly stale: Entry[] = [];
  private state: ActorState | undefined;
  private sequence = 0;
  private steps = 0;

  constructor(
    seed: number,
    fold: Fold,
    plant: (registered: RegisteredMachine) => RegisteredMachine = (registered) => registered,
  ) {
    this.seed = seed;
    this.fold = fold;
    this.random = createRandom(seed);
    const create = (logic: AnyActorLogic) => createRandomMachine(createRandom(seed), logic);
    this.live = new LiveActor(create, this.counter);
    this.registered = plant(registerMachine('walker', create(task as AnyActorLogic)));
  }

  /** Walks until the actor ends, faults or differs, or `stepsMax` steps. */
  async run(stepsMax: number): Promise<WalkResult> {
    this.live.now = 1000;
    let difference = await this.step('create', { kind: 'create', body: { input: { n: 0 } } }, () =>
      this.live.start(),
    );
    while (difference === undefined && this.state?.status === 'active' && this.steps < stepsMax)
      difference = await this.next();
    this.live.stop();
    return { steps: this.steps, counter: this.counter, difference };
  }

  private next(): Promise<Difference | undefined> {
    const { random, live } = this;
    live.now += random.below(4);
    const commands = Object.values(this.state?.pending.commands ?? {}).filter(
      ({ status }) => status === 'running',
    );
    const timers = Object.keys(this.state?.pending.timers ?? {});
    if (commands.length > 0 && random.chance(0.3)) return this.settle(random.pick(commands));
    if (timers.length > 0 && random.chance(0.3)) return this.fireTimer();
    const old = this.stale[random.below(40)];
    if (old !== undefined && random.chance(0.5)) return this.repeat(old);
    // Events that no state has are refused before the machine sees them.
    const known = EVENTS.filter((type) => this.registered.eventTypes.has(type));
    const event = { type: random.pick(known), value: this.steps };
    return this.step(event.type, { kind: 'event', body: event }, () => live.send(event));
  }

  private settle(
    pending: ActorState['pending']['commands'][string],
  ): Promise<Difference | undefined> {
    const { path, generation } = pending;
    const named = { task: 'task', path, generation };
    if (this.random.chance(0.65)) {
      const output = { result: this.steps };
      const body = { ...named, outcome: 'done', output };
      return this.step(`done ${path}`, { kind: 'reply', service: 'walk', body }, () =>
        this.live.settle(path, { output }),
      );
    }
    const error = { code: 'boom', message: `boom ${this.steps}`, retryable: false };
    const body = { ...named, outcome: 'failed', error };
    return this.step(`failed ${path}`, { kind: 'reply', service: 'walk', body }, () =>
      this.live.settle(path, { error }),
    );
  }

  /** A timer fires, now and then one that is not the earliest: then the earlier ones go first. */
  private fireTimer(): Promise<Difference | undefined> {
    const { live, random } = this;
    const folded = Object.values(this.state?.pending.timers ?? {});
    const sorted = folded
      .map((timer, index) => ({ timer, index }))
      .sort((one, other) => one.timer.dueAt - other.timer.dueAt || one.index - other.index);
    const which = random.chance(0.25) ? random.below(sorted.length) : 0;
    const chosen = sorted[which]?.timer;
    const lives = live.sortedTimers();
    const liveChosen = lives[which];
    if (chosen === undefined || liveChosen?.dueAt !== chosen.dueAt)
      return Promise.resolve(
        this.differs(
          'timer',
          'timers',
          folded.map(({ dueAt }) => dueAt),
          lives,
        ),
      );
    live.now = Math.max(live.now, chosen.dueAt);
    const { key, generation, dueAt } = chosen;
    return this.step(`timer ${key}`, { kind: 'timer', body: { key, generation } }, async () => {
      const earlier = lives.filter((timer) => timer.dueAt < dueAt);
      if (earlier.length > 0) this.counter.note('overdue timers');
      for (const { id } of earlier) await live.fire(id);
      await live.fire(liveChosen.id);
    });
  }

  /** A late repeat of a reply or timer: live XState has no such thing, so nothing may happen. */
  private repeat(old: Entry): Promise<Difference | undefined> {
    const { kind, body, service } = old;
    const again = { kind, body, ...(service !== undefined && { service }) };
    return this.step(`repeat ${kind}`, again, () => Promise.resolve());
  }

  private async step(
    action: string,
    entry: { readonly kind: EntryKind; readonly service?: string; readonly body: Entry['body'] },
    live: () => Promise<void>,
  ): Promise<Difference | undefined> {
    this.sequence += 1 + this.random.below(3);
    this.steps += 1;
    const full: Entry = {
      type: 'walker',
      id: 'walker',
      sequence: this.sequence,
      time: this.live.now,
      headers: entry.kind === 'timer' ? { [HEADER.streamSource]: 'TIMERS' } : {},
      ...entry,
    };
    if (entry.kind === 'reply' || entry.kind === 'timer') this.stale.unshift(full);
    this.live.happenings = [];
    const step = this.fold(this.registered, this.state, full);
    await live();
    this.counter.endStep();
    const difference = this.compare(action, step);
    if (difference !== undefined || step.state === undefined) return difference;
    const decoded = decodeState(encodeState(step.state));
    if (!isDeepStrictEqual(decoded, step.state))
      return this.differs(action, 'round trip', step.state, decoded);
    // Half of the steps go on from memory, half from the snapshot.
    this.state = this.random.chance(0.5) ? step.state : decoded;
    return undefined;
  }

  private compare(action: string, step: Step): Difference | undefined {
    const { live } = this;
    if (live.status === 'error' || step.outcome.kind === 'faulted') {
      const isSame = live.status === 'error' && step.outcome.kind === 'faulted';
      this.state = step.state;
      return isSame
        ? undefined
        : this.differs(action, 'fault', JSON.stringify(step.outcome), live.status);
    }
    const { snapshot, tags } = live.persisted();
    const expected = normal(withoutTaskInput(snapshot));
    const actual = normal(step.state?.snapshot);
    if (!isDeepStrictEqual(actual, expected))
      return this.differs(action, 'snapshot', actual, expected);
    if (!isDeepStrictEqual(step.state?.tags, tags))
      return this.differs(action, 'tags', step.state?.tags, tags);
    const happened = happeningsOf(step.effects, this.dues);
    return isDeepStrictEqual(happened, live.happenings)
      ? undefined
      : this.differs(action, 'effects', happened, [...live.happenings]);
  }

  private differs(action: string, what: string, folded: unknown, live: unknown): Difference {
    const first = firstDifference(folded, live, what);
    return { seed: this.seed, step: this.steps, action, ...first };
  }
}
