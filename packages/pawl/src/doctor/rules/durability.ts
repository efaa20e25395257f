// Can what was acknowledged get lost? Replicas, syncing to disk, copies that are behind.
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

const REPLICAS_MIN = 3;

const replicas = ({ streams }: Facts): Finding[] => {
  const few = streams.filter((stream) => stream.replicas < REPLICAS_MIN);
  const least = Math.min(...few.map((stream) => stream.replicas));
  if (few.length === 0) return [];
  const what = few.length === streams.length ? 'all streams' : few.map(({ name }) => name).join();
  return [
    {
      code: 'replicas',
      level: 'development',
      message: `${least === 1 ? 'one copy' : `${least} copies`} of ${what}: a lost disk loses events`,
      repair: 'pawl provision --replicas 3 (on a cluster of three servers)',
    },
  ];
};

const syncing = ({ monitors }: Facts): Finding[] => {
  if (monitors.length === 0)
    return [
      {
        code: 'sync-unknown',
        level: 'development',
        message: 'sync_interval cannot be known: only the monitoring page of a server tells it',
        repair: 'pawl doctor --monitor http://<server>:8222 (one address per server, with commas)',
      },
    ];
  return monitors
    .filter(({ isSyncAlways }) => !isSyncAlways)
    .map(({ url, syncIntervalMs }) => ({
      code: 'sync-interval',
      level: 'development',
      message: `${url} syncs to disk every ${syncIntervalMs / 1000} s: a power cut loses that much`,
      repair: 'jetstream { sync_interval: always } in its configuration, then restart it',
    }));
};

const copies = ({ streams }: Facts): Finding[] => {
  const behind = new Map<string, string[]>();
  for (const { name, lagging } of streams)
    for (const server of lagging) behind.set(server, [...(behind.get(server) ?? []), name]);
  return [...behind].map(([server, names]) => ({
    code: 'replica-behind',
    level: 'broken',
    message: `server ${server} is away or behind with ${names.length} streams (${names.join()})`,
    repair: `start nats-server ${server} again, then nats stream cluster list`,
  }));
};

/** The rules. */
export const durabilityRules: readonly Rule[] = [replicas, syncing, copies];
