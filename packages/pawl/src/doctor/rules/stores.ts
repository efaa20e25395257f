// Does the broker store what it is given, for how long yet, and only what Pawl writes?
import { bytesText } from '../../cli/show/flow-text.ts';
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

/** Told before it is full, and an alarm when it nearly is. */
const NEARLY = 0.8;
const ALMOST = 0.95;

const full = ({ canary, names }: Facts): Finding[] =>
  canary.kind === 'unstored'
    ? [
        {
          code: 'store-refuses',
          level: 'broken',
          message: `the broker does not store what is published to ${names.timers}: ${canary.message}`,
          repair:
            'make room on the disk, or raise max_file_store or the limits of the account, then ' +
            'restart nats-server; what waits goes on by itself',
        },
      ]
    : [];

const nearlyFull = ({ rooms }: Facts): Finding[] =>
  rooms
    .filter(({ usedBytes, maxBytes }) => usedBytes > maxBytes * NEARLY)
    .map(({ where, usedBytes, maxBytes, setting }) => ({
      code: 'store-full',
      level: usedBytes > maxBytes * ALMOST ? 'broken' : 'advice',
      message: `${where} has ${bytesText(usedBytes)} of at most ${bytesText(maxBytes)} stored: above it nothing is taken`,
      repair: `raise ${setting}`,
    }));

/** So many keys are named; of more, how many there are. */
const NAMED_MAX = 10;

const foreign = ({ foreign: keys }: Facts): Finding[] => {
  const named = keys.slice(0, NAMED_MAX).map(({ bucket, key, why }): Finding => ({
    code: 'foreign-key',
    level: 'broken',
    message: `${bucket} has ${key}, which is left out: ${why}`,
    repair: `nats kv del ${bucket} ${key} (snapshots come again from the journal, records when hosts and workers start)`,
  }));
  const more = keys.length - named.length;
  if (more === 0) return named;
  const message = `${more} more keys were not written by Pawl`;
  return [
    ...named,
    { code: 'foreign-key', level: 'broken', message, repair: 'remove those, then look again' },
  ];
};

/** The rules. */
export const storeRules: readonly Rule[] = [full, nearlyFull, foreign];
