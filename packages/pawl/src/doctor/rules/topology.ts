// Are the streams as they should be? What differs, what is missing, and whether timers flow.
import type { TopologyDifference } from '@pawl/jetstream';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

/** Words for settings whose purpose their name does not tell. */
const WHY: Readonly<Record<string, string>> = {
  allow_rollup_hdrs: 'whoever may publish one subject can wipe the stream',
  allow_msg_schedules: 'whoever may publish one subject can publish all of them',
  allow_msg_ttl: 'entries can vanish',
  deny_delete: 'entries can be deleted',
  duplicate_window: 'a repeated publish is stored twice or not at all',
  discard: 'at a limit the oldest messages are deleted',
  max_age: 'older entries are lost, and their actors with them',
  max_bytes: 'above it entries are lost or refused',
  max_msgs: 'above it entries are lost or refused',
  max_msgs_per_subject: 'above it entries are lost',
  max_consumers: 'the broker refuses the consumers of further services',
  sources: 'due timers do not reach their actors',
};

const isAboutReplicas = ({ field }: TopologyDifference): boolean => field === 'num_replicas';

const different = ({ topology }: Facts): Finding[] =>
  topology.differences
    // Fewer replicas than wanted are told once, for all streams.
    .filter((difference) => !isAboutReplicas(difference))
    .map(({ stream, field, wanted, found, refusal }) => {
      const why = WHY[field];
      const values = `${JSON.stringify(found)}, wanted is ${JSON.stringify(wanted)}`;
      return {
        code: `topology-${field.replaceAll('_', '-')}`,
        level: 'broken',
        message: `${stream} has ${field} ${values}${why === undefined ? '' : `: ${why}`}`,
        repair: refusal ?? 'pawl provision',
      };
    });

const missing = ({ topology, names }: Facts): Finding[] => {
  const line = (message: string, repair: string): Finding => ({
    code: 'stream-missing',
    level: 'broken',
    message,
    repair,
  });
  const { missing: all } = topology;
  // A journal without its timers, as after a restore: provisioning would lose what was armed.
  if (all.includes(names.timers) && !all.includes(names.journal))
    return [line(`beside the journal there is no ${all.join(', ')}`, 'pawl rebuild')];
  return all.map((stream) => line(`there is no ${stream}`, 'pawl provision'));
};

const timers = ({ timerSource: source, canary, names }: Facts): Finding[] => {
  if (source !== undefined && (!source.isOwn || (source.sourced ?? 0) > source.last)) {
    const stands =
      source.sourced === undefined
        ? 'is another stream than the journal began with'
        : `ends at ${source.last}, and the journal waits for what comes after ${source.sourced}`;
    return [
      {
        code: 'timer-source',
        level: 'broken',
        message: `${names.timers} ${stands}: due timers do not arrive, though the lag is 0`,
        repair: 'pawl rebuild',
      },
    ];
  }
  if (canary.kind === 'lost')
    return [
      {
        code: 'timer-canary',
        level: 'broken',
        message: `a timer of the doctor's own did not reach the journal in ${canary.waitedMs} ms`,
        repair: `nats stream info ${names.journal} (its source), then pawl rebuild`,
      },
    ];
  if (canary.kind === 'forbidden')
    return [
      {
        code: 'timer-canary-refused',
        level: 'advice',
        message: `whether timers flow was not tried: ${canary.message}`,
        repair: 'run pawl doctor as an operator (pawl permissions --role operator)',
      },
    ];
  return [];
};

/** The broker refuses consumers above its limit, so it is told before. */
const consumers = ({ streams }: Facts): Finding[] =>
  streams
    .filter(
      ({ consumersMax, consumers: all }) => consumersMax > 0 && all.length > consumersMax * 0.8,
    )
    .map(({ name, consumersMax, consumers: all }) => ({
      code: 'consumer-cap',
      level: 'advice',
      message: `${name} has ${all.length} of at most ${consumersMax} consumers`,
      repair: `nats stream edit ${name} --max-consumers ${consumersMax * 2}`,
    }));

/** The rules. */
export const topologyRules: readonly Rule[] = [missing, different, timers, consumers];
