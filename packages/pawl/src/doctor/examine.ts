// The doctor: looks once, and says what it makes of it.
import type { Facts } from './facts.ts';
import { reportOf, type DoctorReport, type Finding } from './finding.ts';
import { lookAround, type LookOptions } from './look.ts';
import { actorFindings } from './rules/actors.ts';
import { clockFindings } from './rules/clocks.ts';
import { commandFindings } from './rules/commands.ts';
import { durabilityFindings } from './rules/durability.ts';
import { serviceFindings } from './rules/services.ts';
import { topologyFindings } from './rules/topology.ts';

const HOUR = 3_600_000;

/** Options of `examine`. */
export interface ExamineOptions extends LookOptions {
  /** Commands in a queue for longer are told, ms. Default an hour. */
  readonly olderMs?: number;
}

/** All findings that follow from the facts. */
export const findingsOf = (facts: Facts, olderMs: number = HOUR): readonly Finding[] => [
  ...topologyFindings(facts),
  ...serviceFindings(facts),
  ...commandFindings(facts, olderMs),
  ...actorFindings(facts),
  ...clockFindings(facts),
  ...durabilityFindings(facts),
];

/** Looks at an installation; needs the rights of an operator. */
export const examine = async (options: ExamineOptions): Promise<DoctorReport> => {
  const facts = await lookAround(options);
  const { nats, serverVersion } = options.connection;
  const url = nats.getServer();
  return reportOf(findingsOf(facts, options.olderMs), { version: serverVersion, url });
};
