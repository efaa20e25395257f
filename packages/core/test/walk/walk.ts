// A walk: one random machine, folded and live side by side, compared after every step.
import { isDeepStrictEqual } from 'node:util';
import { checkJsonData, command, encodeJson, HEADER, PawlError, registerMachine } from '@pawl/core';
import type { ActorState, Entry, Fold, RegisteredMachine, Step } from '@pawl/core';
import { z } from 'zod';
import type { AnyActorLogic } from 'xstate';
import { standardCodec, type WalkCodec } from './codec.ts';
import {
  firstDifference,
  happeningsOf,
  inOrder,
  inSum,
  normal,
  withoutTaskInput,
} from './compare.ts';
import { ConstructCounter } from './constructs.ts';
import { LiveActor } from './live-actor.ts';
import { createRandom, type Random } from './random.ts';
import { EVENTS } from './random-actions.ts';
import { createRandomMachine } from './random-machine.ts';
import { randomValue } from './random-values.ts';

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

/** One walk. `plant` may change the registered machine, to see that the walk finds out. */
export class Walk {
  readonly counter: ConstructCounter = new ConstructCounter();
  private readonly seed: number;
  private readonly fold: Fold;
  private readonly codec: WalkCodec;
  private readonly random: Random;
  private readonly live: LiveActor;
  private readonly registered: RegisteredMachine;
  private readonly dues = new Map<string, number>();
  private readonly stale: Entry[] = [];
  private state: ActorState | undefined;
  /** What was thrown out of a timer or a promise. */
  private readonly uncaught: unknown[] = [];
  private isOver = false;
  private sequence = 0;
  private steps = 0;

  constructor(
    seed: number,
    fold: Fold,
    plant: (registered: RegisteredMachine) => RegisteredMachine = (registered) => registered,
    codec: WalkCodec = standardCodec,
  ) {
    this.seed = seed;
    this.fold = fold;
    this.codec = codec;
    this.random = createRandom(seed);
    const create = (logic: AnyActorLogic) => createRandomMachine(createRandom(seed), logic);
    this.live = new LiveActor(create, this.counter);
    this.registered = plant(registerMachine('walker', create(task as AnyActorLogic)));
  }

  /** Walks until the actor ends, faults or differs, or `stepsMax` steps. */
  async run(stepsMax: number): Promise<WalkResult> {
    const note = (error: unknown): void => void this.uncaught.push(error);
    process.on('uncaughtException', note);
    this.live.now = 1000;
    let difference = await this.step(
      'create',
      { kindToken: 'create', body: { input: { n: 0 } } },
      () => this.live.start(),
    );
    while (difference === undefined && this.mayGoOn && this.steps < stepsMax)
      difference = await this.next();
    process.off('uncaughtException', note);
    this.live.stop();
    return { steps: this.steps, counter: this.counter, difference };
  }

  private get mayGoOn(): boolean {
    return !this.isOver && this.state?.status === 'active';
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
    const event = { type: random.pick(known), value: randomValue(random, this.steps) };
    return this.step(event.type, { kindToken: 'event', body: event }, ({ body }) =>
      live.send(body as { readonly type: string }),
    );
  }

  private settle(
    pending: ActorState['pending']['commands'][string],
  ): Promise<Difference | undefined> {
    const { path, generation } = pending;
    const named = { task: 'task', path, generation };
    if (this.random.chance(0.65)) {
      const output = { result: this.steps };
      const body = { ...named, outcome: 'done', output };
      return this.step(`done ${path}`, { kindToken: 'reply-walk', body }, () =>
        this.live.settle(path, { output }),
      );
    }
    const error = { code: 'boom', message: `boom ${this.steps}`, retryable: false };
    const body = { ...named, outcome: 'failed', error };
    return this.step(`failed ${path}`, { kindToken: 'reply-walk', body }, () =>
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
    return this.step(
      `timer ${key}`,
      { kindToken: 'timer', body: { key, generation } },
      async () => {
        const earlier = lives.filter((timer) => timer.dueAt < dueAt);
        if (earlier.length > 0) this.counter.note('overdue timers');
        for (const { id } of earlier) await live.fire(id);
        await live.fire(liveChosen.id);
      },
    );
  }

  /** A late repeat of a reply or timer: live XState has no such thing, so nothing may happen. */
  private repeat(old: Entry): Promise<Difference | undefined> {
    const { kind, body } = old;
    const kindToken = kind === 'reply' ? 'reply-walk' : kind;
    return this.step(`repeat ${kind}`, { kindToken, body }, () => Promise.resolve());
  }

  private async step(
    action: string,
    { kindToken, body }: { readonly kindToken: string; readonly body: object },
    live: (entry: Entry) => Promise<void>,
  ): Promise<Difference | undefined> {
    this.sequence += 1 + this.random.below(3);
    this.steps += 1;
    const { codec, sequence } = this;
    let entry: Entry;
    try {
      entry = codec.readEntry({
        type: 'walker',
        id: 'walker',
        sequence,
        time: this.live.now,
        kindToken,
        headers: kindToken === 'timer' ? { [HEADER.streamSource]: 'PAWL_TIMERS' } : {},
        body: encodeJson(body),
      });
    } catch (error) {
      // Refused before anything folds it, and live XState never hears of it.
      if (error instanceof PawlError && error.code === 'not-json-data') return undefined;
      throw error;
    }
    if (entry.kind === 'reply' || entry.kind === 'timer') this.stale.unshift(entry);
    this.live.happenings = [];
    this.live.hasReplaced = false;
    const step = this.fold(this.registered, this.state, entry);
    await live(entry);
    this.counter.endStep();
    return this.compare(action, step) ?? this.goOn(action, step);
  }

  /** Half of the steps go on from memory, half from the snapshot; both read the same. */
  private goOn(action: string, { state }: Step): Difference | undefined {
    if (state === undefined || !this.mayGoOn) return undefined;
    const { codec } = this;
    let decoded: ActorState;
    try {
      decoded = codec.decodeState(codec.encodeState(state));
    } catch (error) {
      return this.differs(action, 'codec', String(error), 'can be kept');
    }
    if (!isDeepStrictEqual(decoded, state))
      return this.differs(action, 'round trip', state, decoded);
    const difference = this.steps % 2 === 0 ? this.probe(action, state, decoded) : undefined;
    this.state = this.random.chance(0.5) ? state : decoded;
    return difference;
  }

  /** What a machine can read is the same from memory and from bytes. */
  private probe(action: string, state: ActorState, decoded: ActorState): Difference | undefined {
    const sequence = state.sequence + 1;
    const entry = { type: 'walker', id: 'walker', sequence, time: this.live.now, headers: {} };
    const seen = [state, decoded].map((from) => {
      const { outcome, effects } = this.fold(this.registered, from, {
        ...entry,
        kind: 'event',
        body: { type: 'PROBE' },
      });
      return { outcome, effects };
    });
    if (seen[0]?.outcome.kind === 'faulted' || !isDeepStrictEqual(seen[0], seen[1]))
      return this.differs(action, 'what is read', seen[0], seen[1]);
    return undefined;
  }

  private compare(action: string, step: Step): Difference | undefined {
    const { live, uncaught } = this;
    this.state = step.state;
    if (uncaught.length > 0)
      return this.differs(action, 'uncaught', String(uncaught[0]), 'nothing');
    const happened = happeningsOf(step.effects, this.dues);
    const why = whyFaulted(live);
    if (why !== undefined) {
      this.isOver = true;
      const isFaulted = step.outcome.kind === 'faulted';
      return isFaulted ? undefined : this.differs(action, 'no fault', step.outcome, why);
    }
    if (step.outcome.kind === 'faulted')
      return this.differs(action, 'fault', JSON.stringify(step.outcome), live.status);
    const { snapshot, tags } = live.persisted();
    const expected = normal(withoutTaskInput(snapshot));
    const actual = normal(step.state?.snapshot);
    if (!isDeepStrictEqual(actual, expected))
      return this.differs(action, 'snapshot', actual, expected);
    if (!isDeepStrictEqual(step.state?.tags, tags))
      return this.differs(action, 'tags', step.state?.tags, tags);
    const form = live.hasReplaced ? inSum : inOrder;
    return isDeepStrictEqual(form(happened), form(live.happenings))
      ? undefined
      : this.differs(action, 'effects', form(happened), form(live.happenings));
  }

  private differs(action: string, what: string, folded: unknown, live: unknown): Difference {
    const first = firstDifference(folded, live, what);
    return { seed: this.seed, step: this.steps, action, ...first };
  }
}

const isJson = (value: unknown): boolean => {
  try {
    checkJsonData(value, 'it');
    return true;
  } catch {
    return false; // That is the question asked here.
  }
};

/** Why the fold must fault here, though live XState may go on; undefined: it must not. */
const whyFaulted = (live: LiveActor): string | undefined => {
  if (live.status === 'error') return 'error';
  const strays = live.strays();
  if (strays.length > 0) return `lost ${strays.join(' ')}`;
  const isData = live.happenings.every(({ what, details }) => what !== 'emit' || isJson(details));
  return isData ? undefined : 'emits what is not JSON';
};
