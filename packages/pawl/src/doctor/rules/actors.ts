// Actors that cannot go on by themselves, and messages that reached nobody.
import type { SnapshotHeader } from '@pawl/core';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

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

/**
 * A snapshot counts only while the journal has its entry. Ended actors need none: an operator may
 * have removed what was theirs.
 */
const lost = ({ snapshots, gaps: { first, between }, streams, names }: Facts): Finding[] => {
  const journal = streams.find(({ name }) => name === names.journal)?.created;
  const isLost = ({ journal: of, sequence, status }: SnapshotHeader): boolean =>
    of === journal &&
    status !== 'done' &&
    sequence > 0 &&
    (sequence < first || between.has(sequence));
  const headers = snapshots.filter(isLost);
  return [...countBy(headers, ({ type }) => type)].map(([type, count]) => ({
    code: 'actors-lost',
    level: 'broken',
    message:
      `the journal has lost entries of ${count === 1 ? '1 actor' : `${count} actors`} of ${type}, ` +
      `such as ${headers.find((header) => header.type === type)?.id}: when a host loads them, their state is gone`,
    repair: 'restore the journal from a backup (docs/guides/production.md)',
  }));
};

const gaps = ({ gaps: { lost: count, first }, names }: Facts): Finding[] =>
  count === 0
    ? []
    : [
        {
          code: 'journal-gaps',
          level: 'advice',
          message: `${count} entries of ${names.journal} are gone (the first is ${first}): a limit or a purge took them`,
          repair:
            'restore the journal from a backup; without it their actors cannot be folded again',
        },
      ];

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

/** The rules. */
export const actorRules: readonly Rule[] = [faulted, parked, digests, lost, gaps, deadLetters];
