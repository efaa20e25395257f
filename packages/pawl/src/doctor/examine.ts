// The doctor: looks once, and says what it makes of it.
import type { Facts } from './facts.ts';
import { reportOf, type DoctorReport, type Finding, type Rule } from './finding.ts';
import { lookAround, type LookOptions } from './look.ts';
import { actorRules } from './rules/actors.ts';
import { clockRules } from './rules/clocks.ts';
import { commandRules } from './rules/commands.ts';
import { durabilityRules } from './rules/durability.ts';
import { progressRules } from './rules/progress.ts';
import { serviceRules } from './rules/services.ts';
import { storeRules } from './rules/stores.ts';
import { topologyRules } from './rules/topology.ts';

const HOUR = 3_600_000;

/** Options of `examine`. */
export interface ExamineOptions extends LookOptions {
  /** Commands in a queue for longer are told, ms. Default an hour. */
  readonly olderMs?: number;
}

const RULES: readonly Rule[] = [
  ...topologyRules,
  ...storeRules,
  ...serviceRules,
  ...progressRules,
  ...commandRules,
  ...actorRules,
  ...clockRules,
  ...durabilityRules,
];

/** Rules that failed, by what they failed of: one line for each reason. */
const failures = (failed: ReadonlyMap<string, readonly string[]>): Finding[] =>
  [...failed].map(([why, names]) => ({
    code: 'not-looked-at',
    level: 'broken',
    message: `what these rules look for is not known: ${names.join(', ')}: ${why}`,
    repair: 'mend what the line says, then pawl doctor again; the other lines hold',
  }));

/** All findings that follow from the facts. A rule that fails is one of them. */
export const findingsOf = (facts: Facts, olderMs: number = HOUR): readonly Finding[] => {
  const failed = new Map<string, string[]>();
  const found = RULES.flatMap((rule): readonly Finding[] => {
    try {
      return rule(facts, olderMs);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failed.set(why, [...(failed.get(why) ?? []), rule.name]);
      return [];
    }
  });
  return [...failures(failed), ...found];
};

/** Looks at an installation; needs the rights of an operator. */
export const examine = async (options: ExamineOptions): Promise<DoctorReport> => {
  const facts = await lookAround(options);
  const { nats, serverVersion } = options.connection;
  const url = nats.getServer();
  return reportOf(findingsOf(facts, options.olderMs), { version: serverVersion, url });
};
