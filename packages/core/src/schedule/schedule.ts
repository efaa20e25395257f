// schedule(): what is run when, declared in code and handed to startHost({ schedules }).
import { createHash } from 'node:crypto';
import { validate, type InputOf, type Schema } from '../schema.ts';
import type { CommandContract } from '../command.ts';
import { PawlError } from '../errors.ts';
import { carriedContract } from '../machine/job-contract.ts';
import { isActorId, isActorType, isName } from '../names.ts';
import { checkCron } from './cron.ts';
import {
  OVERLAPS,
  type CatchUp,
  type Overlap,
  type ScheduleBackoff,
  type ScheduleDefinition,
  type ScheduleTarget,
  type ScheduleTiming,
} from './definition.ts';
import { spanMs } from './duration.ts';

/** A span of time: ms, or text such as `90s` and `1h30m`. */
export type Span = number | `${number}${Unit}` | `${number}${Unit}${number}${Unit}`;

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** Runs a background command; its contract says `job: true`. */
export interface CommandTargetOptions<Input extends Schema = Schema> {
  readonly command: { readonly contract: CommandContract & { readonly input: Input } };
  readonly input: InputOf<Input>;
  /** Among all schedules, at most one job of a key is queued or runs. */
  readonly key?: string;
}

/** Creates an actor for each run: `<id>-<tick>`. */
export interface ActorTargetOptions {
  readonly type: string;
  /** Beginning of the ids. Default: the schedule's name. */
  readonly idPrefix?: string;
  readonly input?: unknown;
}

/** Sends an event to all actors of a type, or to those in some states. */
export interface FanOutTargetOptions {
  readonly type: string;
  readonly states?: readonly string[];
  readonly event: { readonly type: string; readonly [field: string]: unknown };
}

/** Options of `schedule()`. */
export interface ScheduleOptions<Input extends Schema = Schema> {
  /** Also the id of its actor. */
  readonly name: string;
  /** Five or six fields, or `@hourly`, `@daily`, … Either this or `every`. */
  readonly cron?: string;
  /** Span between two ticks, at least a second. It counts from when the schedule was declared. */
  readonly every?: Span;
  /** IANA zone of the cron expression. Default `UTC`. */
  readonly timeZone?: string;
  readonly target: CommandTargetOptions<Input> | ActorTargetOptions | FanOutTargetOptions;
  /** What becomes of a tick while a run is in flight. Default `skip`. */
  readonly overlap?: Overlap;
  /**
   * Of the times that went by while nothing ran: the `latest` one is run (default), or all that
   * are not older than this.
   */
  readonly catchUp?: 'latest' | Span;
  /**
   * After a failed run ticks are skipped, for `first`, then twice as long with each failure in a
   * row, up to `max`; the first success ends it. Default 1m and 1h. `false`: never.
   */
  readonly backoff?: false | { readonly first?: Span; readonly max?: Span };
}

/** A declared schedule. */
export interface Schedule {
  readonly name: string;
  readonly definition: ScheduleDefinition;
  /** 16 hex digits over the definition. */
  readonly digest: string;
}

const invalid = (name: string, message: string): PawlError =>
  new PawlError('schedule-invalid', `The schedule ${JSON.stringify(name)}: ${message}`, {
    details: { schedule: name },
  });

type Plain = Omit<ScheduleOptions, 'target'>;

const timingOf = ({ name, cron, every, timeZone }: Plain, now: number): ScheduleTiming => {
  if ((cron === undefined) === (every === undefined))
    throw invalid(name, 'give either cron or every.');
  if (cron !== undefined) {
    const zone = timeZone ?? 'UTC';
    return { cron: checkCron(cron, zone, now), timeZone: zone };
  }
  if (timeZone !== undefined)
    throw invalid(name, 'timeZone belongs to cron; a span of time is the same in every zone.');
  const everyMs = spanMs(`every of the schedule ${name}`, every ?? 0);
  if (everyMs < 1000) throw invalid(name, `every is ${everyMs} ms: give at least a second.`);
  return { everyMs };
};

const checkType = (name: string, type: string): void => {
  if (!isActorType(type))
    throw invalid(name, `its target has the type ${JSON.stringify(type)}: [a-z][a-z0-9-]*.`);
};

const targetOf = <Input extends Schema>(options: ScheduleOptions<Input>): ScheduleTarget => {
  const { name, target } = options;
  if ('command' in target) {
    const { contract } = target.command;
    if (!contract.job)
      throw new PawlError(
        'not-a-job',
        `The schedule ${name} runs ${contract.name}, which may only run inside a statechart. Say ` +
          'job: true in its contract.',
      );
    validate(contract.input, target.input, 'invalid-input', `The input of the schedule ${name}`);
    if (target.key !== undefined && !isActorId(`key-${target.key}`))
      throw invalid(name, `its key ${JSON.stringify(target.key)} may have A-Z, a-z, 0-9, _ and -.`);
    return {
      kind: 'command',
      contract: carriedContract(contract),
      input: target.input,
      ...(target.key !== undefined && { key: target.key }),
    };
  }
  checkType(name, target.type);
  if ('event' in target) {
    const { type, states, event } = target;
    return { kind: 'fan-out', type, event, ...(states !== undefined && { states }) };
  }
  const { type, idPrefix = name, input = null } = target;
  if (!isName(idPrefix)) throw invalid(name, `its idPrefix is no id: ${JSON.stringify(idPrefix)}.`);
  return { kind: 'actor', type, idPrefix, input };
};

const catchUpOf = ({ name, catchUp = 'latest' }: Plain): CatchUp =>
  catchUp === 'latest' ? catchUp : spanMs(`catchUp of the schedule ${name}`, catchUp);

const backoffOf = ({ name, backoff }: Plain): ScheduleBackoff | undefined => {
  if (backoff === false) return undefined;
  const firstMs = spanMs(`backoff.first of the schedule ${name}`, backoff?.first ?? '1m');
  const maxMs = spanMs(`backoff.max of the schedule ${name}`, backoff?.max ?? '1h');
  return { firstMs, maxMs: Math.max(firstMs, maxMs) };
};

/**
 * Declares a schedule. Throws `schedule-invalid` for what can never work (no such zone, a cron
 * expression that never fires, a span under a second), and `not-a-job` for a command whose contract
 * does not say `job: true`.
 */
export const schedule = <Input extends Schema>(options: ScheduleOptions<Input>): Schedule => {
  const { name, overlap = 'skip' } = options;
  if (!isName(name))
    throw invalid(name, 'a name may only have A-Z, a-z, 0-9, _ and -, at most 64 of them.');
  if (!OVERLAPS.includes(overlap))
    throw invalid(name, `overlap is ${JSON.stringify(overlap)}: one of ${OVERLAPS.join(', ')}.`);
  const backoff = backoffOf(options);
  const definition: ScheduleDefinition = {
    timing: timingOf(options, CHECKED_FROM),
    target: targetOf(options),
    overlap,
    catchUp: catchUpOf(options),
    ...(backoff !== undefined && { backoff }),
  };
  return { name, definition, digest: digestOf(definition) };
};

/** Whether an expression ever fires does not depend on when one asks: 1 January 2026. */
const CHECKED_FROM = 1_767_225_600_000;

const digestOf = (definition: ScheduleDefinition): string =>
  createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);

/** The types that a schedule needs somebody to own. */
export const typeNeededBy = ({ definition: { target } }: Schedule): string | undefined =>
  target.kind === 'command' ? undefined : target.type;
