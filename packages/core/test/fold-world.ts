// A world of one actor for tests of the fold: entries are appended, and each step is run twice.
import {
  encodeBody,
  encodeJson,
  foldTwice,
  HEADER,
  readEntry,
  registerMachine,
  type ActorState,
  type Effect,
  type Headers,
  type PendingCommand,
  type RegisteredMachine,
  type Step,
  type StepOutcome,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';

/** Beginning of time in these tests, ms. */
export const START = 1_767_225_600_000;

/** One actor, `thing/t-1`, and its journal. */
export class World {
  readonly registered: RegisteredMachine;
  state: ActorState | undefined;
  sequence = 0;
  time = START;
  last: Step | undefined;

  constructor(machine: AnyStateMachine) {
    this.registered = registerMachine('thing', machine);
  }

  /** Appends an entry a second later and folds it. */
  append(kindToken: string, body: object, headers: Headers = {}, isJson: boolean = true): Step {
    this.sequence += 1;
    this.time += 1000;
    const entry = readEntry({
      type: 'thing',
      id: 't-1',
      sequence: this.sequence,
      time: this.time,
      kindToken,
      headers,
      body: isJson ? encodeJson(body) : encodeBody(body),
    });
    this.last = foldTwice(this.registered, this.state, entry);
    this.state = this.last.state;
    return this.last;
  }

  create(input?: unknown, headers: Headers = {}): Step {
    return this.append('create', { input }, headers);
  }

  send(type: string, fields: object = {}, headers: Headers = {}): Step {
    return this.append('event', { type, ...fields }, headers);
  }

  /** The pending command at a path. */
  command(path: string): PendingCommand {
    const command = this.state?.pending.commands[path];
    if (command === undefined) throw new Error(`No command at ${path}.`);
    return command;
  }

  /** Answers the current attempt of the command at a path. */
  reply(path: string, end: object, generation: string = this.command(path).generation): Step {
    const { task, service } = this.command(path);
    return this.append(`reply-${service}`, { task, path, generation, ...end });
  }

  done(path: string, output: unknown): Step {
    return this.reply(path, { outcome: 'done', output });
  }

  failed(path: string, fields: object = {}): Step {
    const error = { code: 'task-failed', message: 'boom', retryable: true, ...fields };
    return this.reply(path, { outcome: 'failed', error });
  }

  /** The timer under a key fires; without a generation the one that is armed. */
  fire(key: string, generation?: string): Step {
    const timer = this.state?.pending.timers[key];
    if (timer !== undefined) this.time = Math.max(this.time, timer.dueAt - 1000);
    const named = { key, generation: generation ?? timer?.generation };
    return this.append('timer', named, { [HEADER.streamSource]: 'PAWL_TIMERS' });
  }

  peer(from: object, event: object, headers: Headers = {}): Step {
    return this.append('peer', { from, event }, headers);
  }

  get value(): unknown {
    return this.state?.snapshot.value;
  }

  get context(): Readonly<Record<string, unknown>> {
    return this.state?.snapshot.context ?? {};
  }
}

/** The value, which must be there. */
export const present = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('It is not there.');
  return value;
};

/** Effects of one kind. */
export const only = <Kind extends Effect['kind']>(
  step: Step,
  kind: Kind,
): Extract<Effect, { readonly kind: Kind }>[] =>
  step.effects.filter(
    (effect): effect is Extract<Effect, { readonly kind: Kind }> => effect.kind === kind,
  );

/** `applied`, `ignored stale-timer`, `refused event-refused`, `faulted step-failed`. */
export const wordsOf = (outcome: StepOutcome): string => {
  switch (outcome.kind) {
    case 'applied':
      return 'applied';
    case 'ignored':
      return `ignored ${outcome.reason}`;
    case 'refused':
    case 'faulted':
      return `${outcome.kind} ${outcome.error.code}`;
  }
};
