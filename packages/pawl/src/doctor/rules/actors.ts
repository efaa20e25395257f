// Actors that cannot go on by themselves, and messages that reached nobody.
import type { Facts } from '../facts.ts';
import type { Finding } from '../finding.ts';

const countBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

const actors = (count: number, type: string): string =>
  count === 1 ? `1 actor of ${type} is` : `${count} actors of ${type} are`;

const faulted = ({ snapshots }: Facts): Finding[] =>
  [
    ...countBy(
      snapshots.filter(({ status }) => status === 'faulted'),
      ({ type }) => type,
    ),
  ].map(([type, count]) => ({
    code: 'actors-faulted',
    level: 'broken',
    message: `${actors(count, type)} faulted`,
    repair: `pawl retry --type ${type} --status faulted (pawl stuck --type ${type} says why)`,
  }));

/** An operator's pause is meant; everything else needs somebody. */
const PAUSED = 'paused';

const parked = ({ snapshots }: Facts): Finding[] => {
  const marked = snapshots.filter((header) => header.parked !== undefined);
  const counts = countBy(marked, ({ type, parked: mark }) => `${type} ${mark?.code ?? ''}`);
  return [...counts].map(([key, count]) => {
    const [type = '', code = ''] = key.split(' ');
    const resume = `pawl resume --type ${type} --status parked`;
    return {
      code: 'actors-parked',
      level: code === PAUSED ? 'advice' : 'broken',
      message: `${actors(count, type)} parked (${code})`,
      repair:
        code === 'version-missing'
          ? `start a host that has their version of ${type}; it unparks them`
          : resume,
    };
  });
};

const digests = ({ snapshots, machines }: Facts): Finding[] => {
  const registered = new Map(
    machines.map(({ type, version, digest }) => [`${type} ${version}`, digest]),
  );
  const different = snapshots.filter(({ type, version, digest, parked: mark }) => {
    const known = registered.get(`${type} ${version}`);
    return mark === undefined && known !== undefined && digest !== known;
  });
  return [...countBy(different, ({ type, version }) => `${type} ${version}`)].map(
    ([key, count]) => {
      const [type = '', version = ''] = key.split(' ');
      return {
        code: 'digest-differs',
        level: 'broken',
        message: `${actors(count, type)} folded by another machine than the registered ${type} ${version}`,
        repair: `pawl fold-again --type ${type}, or give the changed machine a new version`,
      };
    },
  );
};

const deadLetters = ({ streams, names }: Facts): Finding[] => {
  const count = streams.find(({ name }) => name === names.deadLetters)?.messages ?? 0;
  if (count === 0) return [];
  return [
    {
      code: 'dead-letters',
      level: 'broken',
      message: `${count === 1 ? '1 dead letter was' : `${count} dead letters were`} not looked at`,
      repair: 'pawl dead-letters ls, then redrive or discard',
    },
  ];
};

/** The findings. */
export const actorFindings = (facts: Facts): Finding[] => [
  ...faulted(facts),
  ...parked(facts),
  ...digests(facts),
  ...deadLetters(facts),
];
