// Is every command served, soon enough, and in the right class?
import { QUEUE_CLASSES } from '@pawl/core';
import { consumerNamesOf } from '@pawl/jetstream';
import { pauseText } from '../../cli/show/pause-text.ts';
import { durationText } from '../../cli/show/time-text.ts';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

/** A regular task that takes longer holds a slot that quick ones wait for. */
const REGULAR_P95_MAX_MS = 30_000;

/** What the machines command, by service. */
const commanded = ({ machines }: Facts): ReadonlyMap<string, ReadonlySet<string>> => {
  const tasks = new Map<string, Set<string>>();
  for (const { commands } of machines)
    for (const { service, name } of commands)
      tasks.set(service, (tasks.get(service) ?? new Set()).add(name));
  return tasks;
};

/** Workers in other languages send no heartbeat: their pulls and what they hold show them. */
const isPulled = ({ flow }: Facts, service: string): boolean =>
  flow.commands.some(
    (each) => each.service === service && (each.waitingPulls > 0 || each.inFlight > 0),
  );

/** Services whose commands nobody seems to take at all. */
const workerless = (facts: Facts): ReadonlySet<string> => {
  const alive = new Set(facts.heartbeats.workers.map(({ body }) => body.service));
  const services = [...commanded(facts).keys()];
  return new Set(services.filter((each) => !alive.has(each) && !isPulled(facts, each)));
};

const unserved = (facts: Facts): Finding[] => {
  const { heartbeats, tasks } = facts;
  const idle = workerless(facts);
  return [...commanded(facts)].flatMap(([service, names]): Finding[] => {
    const workers = heartbeats.workers.filter(({ body }) => body.service === service);
    const wanted = [...names].toSorted();
    if (idle.has(service))
      return [
        {
          code: 'worker-missing',
          level: 'broken',
          message: `no worker of service ${service} answers: ${wanted.join(', ')} wait`,
          repair: `start a worker: startWorker({ service: '${service}', tasks: [task(…)] })`,
        },
      ];
    const serves = (name: string): boolean =>
      workers.length > 0
        ? workers.some(({ body }) => body.tasks.includes(name))
        : tasks.some((task) => task.service === service && task.name === name);
    return wanted
      .filter((name) => !serves(name))
      .map((name) => ({
        code: 'task-unserved',
        level: 'broken',
        message: `no worker of service ${service} has task ${name}, which machines command`,
        repair: `give it to startWorker({ service: '${service}', tasks: [task(${name}, …)] })`,
      }));
  });
};

const untaken = (facts: Facts): Finding[] => {
  const idle = workerless(facts);
  return facts.flow.commands
    .filter(
      ({ service, depth, inFlight, waitingPulls }) =>
        !idle.has(service) && depth > 0 && inFlight === 0 && waitingPulls === 0,
    )
    .map(({ class: queueClass, service, depth }) => ({
      code: 'class-unserved',
      level: 'broken',
      message: `${depth} ${queueClass} commands for ${service} wait: no worker takes that class`,
      repair: `startWorker({ service: '${service}', slots: { ${queueClass}: 4 }, … })`,
    }));
};

/** Seen here before somebody wonders why nothing moves. */
const paused = ({ flow, now }: Facts): Finding[] =>
  flow.commands
    .filter(({ pausedUntil }) => pausedUntil !== undefined)
    .map((row) => ({
      code: 'queue-paused',
      level: 'advice',
      message:
        `${row.class} commands for ${row.service} are paused, and ${row.depth - row.inFlight} ` +
        `wait: ${pauseText(row, now, true)}`,
      repair: `pawl resume --class ${row.class} --service ${row.service}`,
    }));

/** So long may commands wait for a free slot before anybody is told. */
const FULL_FOR_MS = 60_000;

/** Tasks that hang keep their slots; there is no deadline that gives them back. */
const full = ({ flow, now }: Facts): Finding[] =>
  flow.commands
    .filter(({ slots, busy, depth, inFlight, oldestAt = now }) => {
      const isWaiting = depth > inFlight && now - oldestAt > FULL_FOR_MS;
      return slots > 0 && busy >= slots && isWaiting;
    })
    .map(({ class: queueClass, service, slots, depth, inFlight, oldestAt = now }) => ({
      code: 'slots-full',
      level: 'advice',
      message:
        `all ${slots} ${queueClass} slots of ${service} are taken, and ${depth - inFlight} ` +
        `commands wait; the oldest came ${durationText(now - oldestAt)} ago`,
      repair: 'pawl stuck --older 1m tells which tasks; more slots or workers, if they do not hang',
    }));

const old = ({ flow, now }: Facts, olderMs: number): Finding[] =>
  flow.commands
    .filter(({ pausedUntil }) => pausedUntil === undefined)
    .filter(({ oldestAt }) => oldestAt !== undefined && now - oldestAt > olderMs)
    .map(({ class: queueClass, service, oldestAt = now }) => ({
      code: 'commands-old',
      level: 'advice',
      message: `the oldest ${queueClass} command for ${service} waits or polls since ${durationText(now - oldestAt)}`,
      repair: `pawl stuck --older ${Math.max(1, Math.floor(olderMs / 1000))}s`,
    }));

const slow = ({ heartbeats }: Facts): Finding[] => {
  const slowest = new Map<string, number>();
  for (const { body } of heartbeats.workers)
    for (const { task, class: queueClass, runP95Ms } of body.timings) {
      if (queueClass !== 'regular' || runP95Ms <= REGULAR_P95_MAX_MS) continue;
      const key = `${body.service} ${task}`;
      slowest.set(key, Math.max(slowest.get(key) ?? 0, runP95Ms));
    }
  return [...slowest].map(([key, ms]) => {
    const [service = '', task = ''] = key.split(' ');
    return {
      code: 'task-slow',
      level: 'advice',
      message: `regular task ${task} of ${service} takes ${durationText(ms)} (95th percentile)`,
      repair: `split it, poll, or mark it heavy: command({ name: '${task}', queue: 'heavy', … })`,
    };
  });
};

const queues = (facts: Facts): Finding[] => {
  const { streams, names, tasks } = facts;
  const services = new Set([...commanded(facts).keys(), ...tasks.map(({ service }) => service)]);
  return [...services].flatMap((service): Finding[] => {
    const lacking = QUEUE_CLASSES.filter((queueClass) => {
      const stream = streams.find(({ name }) => name === names.commands(queueClass));
      const name = consumerNamesOf(service).commands;
      return stream !== undefined && !stream.consumers.some((consumer) => consumer.name === name);
    });
    if (lacking.length === 0) return [];
    return [
      {
        code: 'queue-missing',
        level: 'broken',
        message: `${service} has no consumer of class ${lacking.join(', ')}: its commands wait`,
        repair: 'pawl provision --consumers',
      },
    ];
  });
};

/** The rules. */
export const commandRules: readonly Rule[] = [queues, unserved, untaken, paused, full, old, slow];
