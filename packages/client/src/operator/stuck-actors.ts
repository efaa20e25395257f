// What has waited too long: on what, since when, and who holds it.
import { addressKey, PawlError, SCHEDULE_TYPE } from '@pawl/core';
import type { ActorAddress, ActorSummary, ProgressBody, StateView, WaitingFor } from '@pawl/core';
import { askState } from '../ask.ts';
import type { ClientShell } from '../client-shell.ts';
import { listActors } from '../list-actors.ts';

/** One thing that an actor waits for. */
export interface StuckWait {
  readonly what: WaitingFor['what'] | 'fault' | 'parked';
  /** Path, timer key, or error code. */
  readonly name: string;
  /** In words: what it is and how far it is. */
  readonly text: string;
  readonly since: number;
  /** Deadline, due time, or when the next attempt begins, ms. */
  readonly until?: number;
  /** A service with its queue class, the broker, another actor, or an operator. */
  readonly heldBy: string;
}

/** An actor that has waited too long for something. */
export interface StuckActor extends ActorAddress {
  readonly value: unknown;
  readonly status: ActorSummary['status'];
  /** Longest first. */
  readonly waits: readonly StuckWait[];
}

/** Options of `stuck`. */
export interface StuckOptions {
  /** Type of the actors. Default: all. */
  readonly type?: string;
  /** Has waited at least so long, ms. Default: 10 minutes. */
  readonly olderMs?: number;
}

const OLDER_MS = 600_000;
const ASKED_AT_ONCE = 16;

/** A worker that has said anything runs it; without a word it may wait in the queue. */
const progressOf = async (
  { ports }: ClientShell,
  actor: ActorAddress,
  { service, generation }: WaitingFor,
): Promise<ProgressBody | undefined> => {
  if (service === undefined) return undefined;
  try {
    return await ports.progress.load({ service, actor, generation });
  } catch (error) {
    if (error instanceof PawlError) return undefined; // Not a reason to say nothing about the rest.
    throw error;
  }
};

/** What is the same for all actors that are looked at. */
interface Look {
  readonly shell: ClientShell;
  /** `<class> <service>` of queues that an operator has paused. */
  readonly paused: ReadonlySet<string>;
}

const queueKey = (queueClass: string, service: string): string => `${queueClass} ${service}`;

const pausedQueues = async ({ ports }: ClientShell): Promise<ReadonlySet<string>> => {
  try {
    const paused = (await ports.commands.queues()).filter((each) => each.pausedUntil !== undefined);
    return new Set(paused.map((queue) => queueKey(queue.class, queue.service)));
  } catch (error) {
    if (error instanceof PawlError) return new Set(); // Not a reason to say nothing about the rest.
    throw error;
  }
};

const commandWait = async (
  { shell, paused }: Look,
  view: StateView,
  waiting: WaitingFor,
): Promise<StuckWait> => {
  const { name, since, until, status, service, task, attempt, lastError } = waiting;
  const last =
    lastError === undefined ? '' : `, last error ${lastError.code}: ${lastError.message}`;
  const what = `${service}.${task}, attempt ${attempt}`;
  const common = { what: 'command' as const, name, since };
  if (status === 'backoff') {
    const timer = view.waitingFor.find((each) => each.name === `${name}#retry`);
    const next = timer?.until === undefined ? {} : { until: timer.until };
    const text = `${what} failed, the next one waits for its time${last}`;
    return { ...common, ...next, text, heldBy: 'broker (timer)' };
  }
  const progress = await progressOf(shell, view, waiting);
  const isPolling = progress?.pendingDelivery !== undefined;
  const where =
    progress === undefined ? 'queued or running' : isPolling ? 'is polled' : 'is running';
  const queueClass = waiting.class ?? 'regular';
  const isPaused = paused.has(queueKey(queueClass, service ?? ''));
  return {
    ...common,
    ...(until !== undefined && { until }),
    text: `${what} ${where}${isPaused ? ', and its queue is paused' : ''}${last}`,
    heldBy: isPaused
      ? `operator (resume --class ${queueClass} --service ${service})`
      : `worker ${service} (${queueClass})`,
  };
};

const waitOf = (
  look: Look,
  view: StateView,
  waiting: WaitingFor,
): StuckWait | Promise<StuckWait> => {
  const { what, name, since, until, child } = waiting;
  if (what === 'command') return commandWait(look, view, waiting);
  const common = { what, name, since, ...(until !== undefined && { until }) };
  if (what === 'timer') return { ...common, text: `timer ${name}`, heldBy: 'broker (timer)' };
  if (what === 'permit') {
    const { scopes = [], held = [], behind } = waiting;
    const before = behind === undefined ? '' : `, behind ${addressKey(behind)}`;
    const text = `permit ${scopes[held.length] ?? name}${before}`;
    return {
      ...common,
      text,
      heldBy: behind === undefined ? 'limit' : `actor ${addressKey(behind)}`,
    };
  }
  const key = child === undefined ? '?' : addressKey(child);
  return { ...common, text: `the end of ${key}`, heldBy: `actor ${key}` };
};

/**
 * Timers of retries are told with their command, cancelled commands with nobody. A schedule that
 * waits for its time does what it is there for.
 */
const isShown =
  (type: string, now: number) =>
  ({ what, name, status, until = 0 }: WaitingFor): boolean => {
    if (status === 'cancelled' || status === 'held') return false;
    if (what !== 'timer') return true;
    return !name.endsWith('#retry') && !(type === SCHEDULE_TYPE && until > now);
  };

const parkedWait = (code: string, message: string, since: number): StuckWait => ({
  what: 'parked',
  name: code,
  text: message,
  since,
  heldBy: code === 'version-missing' ? 'a host with that version' : 'operator (resume)',
});

const waitsOf = async (look: Look, summary: ActorSummary): Promise<readonly StuckWait[]> => {
  let view: StateView;
  try {
    view = await askState(look.shell, summary);
  } catch (error) {
    // Parked before its birth, or by a machine that is gone: that is the answer.
    if (!(error instanceof PawlError) || summary.parked === undefined) throw error;
    return [parkedWait(summary.parked, error.message, summary.since)];
  }
  const { fault, parked, since, time } = view;
  if (fault !== undefined) {
    const { error, sequence, time: at } = fault;
    const text = `faulted at entry ${sequence}: ${error.message}`;
    return [
      { what: 'fault', name: error.code, text, since: at, heldBy: 'operator (retry, fold-again)' },
    ];
  }
  const waits = await Promise.all(
    view.waitingFor
      .filter(isShown(summary.type, look.shell.clock.now()))
      .map(async (waiting) => waitOf(look, view, waiting)),
  );
  if (parked === undefined) return waits;
  return [parkedWait(parked.code, parked.message, Math.max(since, time)), ...waits];
};

/** All actors that have waited for something at least so long. Asks every one that lives. */
export async function* stuckActors(
  shell: ClientShell,
  { type, olderMs = OLDER_MS }: StuckOptions,
): AsyncGenerator<StuckActor, void, undefined> {
  const machines = await shell.ports.registry.machines(type);
  const types = [...new Set(machines.map((machine) => machine.type))].toSorted();
  const around: Look = { shell, paused: await pausedQueues(shell) };
  const look = async (summary: ActorSummary): Promise<StuckActor> => {
    const { type: of, id, value, status } = summary;
    const waits = await waitsOf(around, summary);
    const isOld = ({ since }: StuckWait): boolean => since <= shell.clock.now() - olderMs;
    const old = waits.filter(isOld).toSorted((one, other) => one.since - other.since);
    return { type: of, id, value, status, waits: old };
  };
  for (const each of types) {
    let batch: Promise<StuckActor>[] = [];
    for await (const summary of listActors(shell, each, {})) {
      if (summary.status === 'done') continue;
      batch.push(look(summary));
      if (batch.length < ASKED_AT_ONCE) continue;
      yield* (await Promise.all(batch)).filter(({ waits }) => waits.length > 0);
      batch = [];
    }
    yield* (await Promise.all(batch)).filter(({ waits }) => waits.length > 0);
  }
}
