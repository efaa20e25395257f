// Does every type have a service, a host, and the consumers that bring its entries there?
import { BUILT_IN_SERVICE } from '@pawl/host';
import { consumerNamesOf } from '@pawl/jetstream';
import { rangesText } from '../../cli/show/flow-text.ts';
import { CANARY } from '../canary.ts';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

/** A partition changes hands within five seconds. */
const HANDOVER_MS = 5000;

/** Types by the service that owns them. */
const typesByService = ({ machines }: Facts): ReadonlyMap<string, ReadonlySet<string>> => {
  const owned = new Map<string, Set<string>>();
  for (const { service, type } of machines)
    owned.set(service, (owned.get(service) ?? new Set()).add(type));
  return owned;
};

const actorsText = ({ journalTypes }: Facts, types: readonly string[]): string => {
  const count = types.reduce((sum, type) => sum + (journalTypes.actors.get(type) ?? 0), 0);
  return count === 1 ? '1 actor' : `${count} actors`;
};

const hosting = (service: string, types: readonly string[]): string =>
  `start a host: startHost({ service: '${service}', machines: { ${types.join(', ')} } })`;

const hosts = (facts: Facts): Finding[] => {
  const findings: Finding[] = [];
  for (const [service, owned] of typesByService(facts)) {
    const types = [...owned].toSorted();
    const live = facts.heartbeats.hosts.filter(({ body }) => body.service === service);
    const hasActors = types.some((type) => facts.journalTypes.actors.has(type));
    // Every host has the built-in types: without actors of these, other lines tell enough.
    if (service === BUILT_IN_SERVICE && !hasActors) continue;
    const isHosted = (type: string): boolean => live.some(({ body }) => type in body.machines);
    const unhosted = types.filter((type) => !isHosted(type));
    if (unhosted.length === 0) continue;
    const words =
      live.length === 0 ? `no host of service ${service} answers` : `no live host of ${service}`;
    findings.push({
      code: live.length === 0 ? 'host-missing' : 'type-unhosted',
      level: 'broken',
      message: `${words}${live.length === 0 ? ':' : ' has'} ${unhosted.join(', ')} (${actorsText(facts, unhosted)})`,
      repair:
        service === BUILT_IN_SERVICE
          ? 'start any host: each has them'
          : `${hosting(service, unhosted)}, or give back: ${unhosted.map((type) => `pawl retire ${type}`).join(', ')}`,
    });
  }
  return findings;
};

const unowned = (facts: Facts): Finding[] => {
  const owned = new Set(facts.machines.map(({ type }) => type));
  return [...facts.journalTypes.actors.keys()]
    .filter((type) => type !== CANARY.type && !owned.has(type))
    .map((type) => ({
      code: 'type-unowned',
      // Advice: any client can append entries of any type, and nothing that runs waits for them.
      level: 'advice',
      message: `entries of type ${type} wait and no service owns it (${actorsText(facts, [type])})`,
      repair:
        `${hosting('<service>', [type])}, or if nobody needs them, as an administrator: ` +
        `nats stream purge ${facts.names.journal} --subject '${facts.names.prefix}.journal.*.${type}.>'`,
    }));
};

const partitionConsumers = (facts: Facts): Finding[] => {
  const { streams, names, topology } = facts;
  const consumers = streams.find(({ name }) => name === names.journal)?.consumers;
  if (consumers === undefined) return [];
  return [...typesByService(facts)].flatMap(([service, owned]): Finding[] => {
    const lacking: number[] = [];
    for (let partition = 0; partition < (topology.partitions ?? 0); partition += 1) {
      const name = consumerNamesOf(service).partition(partition);
      const filters = consumers.find((consumer) => consumer.name === name)?.filters ?? [];
      const covers = (type: string): boolean =>
        filters.some((filter) => filter.split('.').at(-3) === type);
      if (![...owned].every(covers)) lacking.push(partition);
    }
    if (lacking.length === 0) return [];
    return [
      {
        code: 'consumer-missing',
        level: 'broken',
        message: `${service} has no consumer for partitions ${rangesText(lacking)}: entries wait`,
        repair: 'pawl provision --consumers',
      },
    ];
  });
};

const unheld = ({ flow, heartbeats, now }: Facts): Finding[] => {
  const live = new Set(heartbeats.hosts.map(({ body }) => body.service));
  const waiting = flow.partitions.filter(
    ({ service, hosts: holders, isPinned, oldestAt }) =>
      live.has(service) &&
      holders.length === 0 &&
      !isPinned &&
      oldestAt !== undefined &&
      now - oldestAt > HANDOVER_MS,
  );
  return [...new Set(waiting.map(({ service }) => service))].map((service) => {
    const numbers = waiting.filter((each) => each.service === service);
    const entries = numbers.reduce((sum, each) => sum + each.lag + each.unacknowledged, 0);
    const which = rangesText(numbers.map(({ partition }) => partition));
    return {
      code: 'partition-unheld',
      level: 'broken',
      message: `no host of ${service} takes partitions ${which}: ${entries} entries wait`,
      repair: `restart the hosts of ${service}; their logs say what they cannot pull`,
    };
  });
};

/** Two of one name count as one for each other: their shares are wrong, and logs mislead. */
const twins = ({ heartbeats: { hosts: all, workers } }: Facts): Finding[] => {
  const names = [
    ...all.map(({ body }) => `host ${body.host} of ${body.service}`),
    ...workers.map(({ body }) => `worker ${body.worker} of ${body.service}`),
  ];
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => ({
    code: 'name-taken',
    level: 'broken',
    message: `there is more than one ${name}: a name must be unique`,
    repair: 'give each a name of its own, or none: startHost({ name }), startWorker({ name })',
  }));
};

/** An entry of a type that its host lacks waits, unless a host with all types takes it over. */
const differing = ({ heartbeats }: Facts): Finding[] => {
  const bodies = heartbeats.hosts.map(({ body }) => body);
  return [...new Set(bodies.map(({ service }) => service))].flatMap((service): Finding[] => {
    const own = bodies.filter((body) => body.service === service);
    const types = [...new Set(own.flatMap(({ machines }) => Object.keys(machines)))].toSorted();
    const lacks = own.map(({ host, machines }) => ({
      host,
      lacking: types.filter((type) => !(type in machines)),
    }));
    const differ = lacks.filter(({ lacking }) => lacking.length > 0);
    if (differ.length === 0) return [];
    const isWhole = differ.length < own.length;
    const text = differ.map(({ host, lacking }) => `${host} lacks ${lacking.join(', ')}`);
    return [
      {
        code: 'types-differ',
        level: isWhole ? 'advice' : 'broken',
        message:
          `hosts of ${service} have different types (${text.join('; ')}): ` +
          (isWhole
            ? 'they stand by while another has all'
            : 'entries of a type wait at the host that lacks it'),
        repair: 'start all hosts of a service with the same types',
      },
    ];
  });
};

/** A subject with a literal `*` or `>`: the broker stores it, and no partition takes it. */
const untaken = ({ journalTypes, names }: Facts): Finding[] => {
  const { untaken: subjects } = journalTypes;
  if (subjects.length === 0) return [];
  return [
    {
      code: 'entries-untaken',
      level: 'advice',
      message:
        `entries stand under subjects that no host is told of: ${subjects.slice(0, 3).join(', ')}` +
        `${subjects.length > 3 ? ', …' : ''} (${subjects.length} in all)`,
      repair:
        'publish to the id of one actor: * and > in a subject name none; then, as an administrator: ' +
        `nats stream purge ${names.journal} --subject '${names.prefix}.in.>'`,
    },
  ];
};

const partial = ({ journalTypes }: Facts): Finding[] =>
  journalTypes.isComplete
    ? []
    : [
        {
          code: 'types-unknown',
          level: 'advice',
          message: 'the journal has more subjects than were looked at: a type may be missing here',
          repair: 'nats stream subjects on the journal',
        },
      ];

/** The rules. */
export const serviceRules: readonly Rule[] = [
  hosts,
  unowned,
  partitionConsumers,
  unheld,
  twins,
  differing,
  untaken,
  partial,
];
