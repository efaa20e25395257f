// Brings the schedules of a service in line with its code, when a host starts.
import {
  encodeBody,
  HEADER,
  PawlError,
  SCHEDULE_TYPE,
  scheduleMachine,
  typeNeededBy,
  type ActorAddress,
  type Headers,
  type Ports,
  type Schedule,
  type ScheduleInput,
} from '@pawl/core';
import { hasState } from '../partition/summary-index.ts';
import { lastLife } from './last-life.ts';

/** What declaring did, by name. */
export interface ScheduleReport {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** The service declared them once and its code does so no more. They go on until removed. */
  readonly undeclared: readonly string[];
}

/** What is declared, by whom. */
export interface Declaring {
  readonly ports: Ports;
  readonly service: string;
  readonly schedules: readonly Schedule[];
}

/**
 * Declares schedules. Throws `schedule-claimed` when another service declares one of the names
 * differently, `unknown-type` for a target that nobody owns, `unknown-event` and `invalid-state`
 * for an event and a state that its machine does not have; then none is changed.
 */
export const declareSchedules = async (declaring: Declaring): Promise<ScheduleReport> => {
  const { ports, service, schedules } = declaring;
  const names = new Set<string>();
  for (const { name } of schedules) {
    if (names.has(name))
      throw new PawlError('schedule-invalid', `The schedule ${name} is declared twice.`);
    names.add(name);
  }
  for (const schedule of schedules) await checkTarget(ports, schedule);
  for (const { name, digest } of schedules)
    await ports.registry.checkSchedule(name, service, digest);
  const report = { created: [], changed: [], unchanged: [] } as Record<Change, string[]>;
  for (const schedule of schedules) report[await declare(declaring, schedule)].push(schedule.name);
  const undeclared = (await ports.registry.schedules())
    .filter((record) => record.service === service && !names.has(record.name))
    .map(({ name }) => name);
  return { ...report, undeclared };
};

type Change = 'created' | 'changed' | 'unchanged';

const checkTarget = async (ports: Ports, schedule: Schedule): Promise<void> => {
  const type = typeNeededBy(schedule);
  if (type === undefined) return;
  const versions = await ports.registry.machines(type);
  const machine = versions.at(-1);
  if (machine === undefined) {
    const known = new Set((await ports.registry.machines()).map((each) => each.type));
    throw new PawlError(
      'unknown-type',
      `The schedule ${schedule.name} is for the type ${type}, which no host has registered. ` +
        `Registered are: ${[...known].join(', ') || 'none'}.`,
    );
  }
  const { target } = schedule.definition;
  if (target.kind !== 'fan-out') return;
  for (const state of target.states ?? [])
    if (!versions.some(({ definition }) => hasState(treeOf(definition), state)))
      throw new PawlError(
        'invalid-state',
        `The schedule ${schedule.name} is for actors in the state ${state}, which no version of ` +
          `${type} has. Name one as a list does: ok, or alive.ok.`,
      );
  if (Object.hasOwn(machine.events, target.event.type)) return;
  throw new PawlError(
    'unknown-event',
    `The schedule ${schedule.name} sends ${target.event.type}, which ${type} ${machine.version} ` +
      `does not have. It has: ${Object.keys(machine.events).join(', ')}.`,
  );
};

/** The states of a described machine, in the form of a state value that is in all of them. */
const treeOf = (node: unknown): unknown => {
  const { states = {} } = node as { readonly states?: Readonly<Record<string, unknown>> };
  return Object.fromEntries(Object.entries(states).map(([name, inner]) => [name, treeOf(inner)]));
};

/**
 * The registry says what was declared last. `isApplied` is set once the actor has been told: a host
 * that dies in between leaves the rest to the next one.
 */
const declare = async (
  { ports, service }: Declaring,
  { name, definition, digest }: Schedule,
): Promise<Change> => {
  const { registry } = ports;
  const before = await registry.schedule(name);
  if (before?.digest === digest && before.isApplied) return 'unchanged';
  const record = { name, service, definition, digest };
  await registry.declareSchedule({ ...record, isApplied: false });
  const change = await tell(ports, { definition, service, digest }, name);
  await registry.declareSchedule({ ...record, isApplied: true });
  return before === undefined ? 'created' : change;
};

/** Creates the actor, or tells the one that is there. */
const tell = async (ports: Ports, input: ScheduleInput, name: string): Promise<Change> => {
  const actor: ActorAddress = { type: SCHEDULE_TYPE, id: name };
  const headers: Headers = {
    [HEADER.class]: 'background',
    [HEADER.by]: `service ${input.service}`,
  };
  const life = await lastLife(ports.journal, actor);
  if (life.isAlive) {
    const body = encodeBody({ type: 'DECLARE', ...input });
    await ports.journal.append({ ...actor, kindToken: 'event', body, headers });
    return 'changed';
  }
  const version = scheduleMachine.version ?? '1';
  const create = {
    ...actor,
    kindToken: 'create',
    body: encodeBody({ input }),
    headers: { ...headers, [HEADER.version]: version },
    expectedLastSequence: life.bornAt,
  };
  try {
    await ports.journal.append(create);
    return 'created';
  } catch (error) {
    // Another host of this service was faster, or this is a repeat: now it is there.
    if (error instanceof PawlError && error.code === 'sequence-conflict')
      return tell(ports, input, name);
    throw error;
  }
};
