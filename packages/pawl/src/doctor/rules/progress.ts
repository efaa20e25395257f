// Do hosts get on with the entries that they are given?
import { rangesText } from '../../cli/show/flow-text.ts';
import { durationText } from '../../cli/show/time-text.ts';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

/** One line for each host: its partitions that stand still. */
const stalled = ({ stalled: partitions, now }: Facts): Finding[] => {
  const hosts = new Map<string, (typeof partitions)[number][]>();
  for (const flow of partitions)
    for (const host of flow.hosts) {
      const key = `${host} of ${flow.service}`;
      hosts.set(key, [...(hosts.get(key) ?? []), flow]);
    }
  return [...hosts].map(([host, own]) => {
    const entries = own.reduce((sum, { lag, unacknowledged }) => sum + lag + unacknowledged, 0);
    const oldest = Math.min(...own.map(({ oldestAt = now }) => oldestAt));
    const which = rangesText(own.map(({ partition }) => partition));
    return {
      code: 'host-stalled',
      level: 'broken',
      message:
        `host ${host} makes no progress in partitions ${which}: ${entries} entries wait, the ` +
        `oldest since ${durationText(now - oldest)}`,
      repair: `its log says what it waits for; restart it, and look at the load of its machine`,
    };
  });
};

/** The rules. */
export const progressRules: readonly Rule[] = [stalled];
