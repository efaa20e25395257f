// What the doctor finds, and the verdict that follows.
import type { Facts } from './facts.ts';

/**
 * `broken`: something does not work or waits for nothing. `development`: it works, and what was
 * acknowledged may get lost. `advice`: it works, and could work better.
 */
export type FindingLevel = 'broken' | 'development' | 'advice';

/** One line. */
export interface Finding {
  /** Stable, for scripts. */
  readonly code: string;
  readonly level: FindingLevel;
  /** What is wrong, with the names and numbers. */
  readonly message: string;
  /** The command or the line that repairs it. */
  readonly repair: string;
}

/** Says what one kind of trouble looks like. Commands count as old after `olderMs`. */
export type Rule = (facts: Facts, olderMs: number) => readonly Finding[];

/** `production` promises that an acknowledged event is not lost; everything else is development. */
export type Verdict = 'development' | 'production';

/** What `pawl doctor` says. */
export interface DoctorReport {
  readonly verdict: Verdict;
  /** Is nothing broken? */
  readonly isHealthy: boolean;
  readonly findings: readonly Finding[];
  readonly server: { readonly version: string; readonly url: string };
}

const ORDER: Readonly<Record<FindingLevel, number>> = { broken: 0, development: 1, advice: 2 };

/** A report of these findings, the worst first. */
export const reportOf = (
  findings: readonly Finding[],
  server: DoctorReport['server'],
): DoctorReport => ({
  verdict: findings.some(({ level }) => level === 'development') ? 'development' : 'production',
  isHealthy: findings.every(({ level }) => level !== 'broken'),
  findings: findings.toSorted((one, other) => ORDER[one.level] - ORDER[other.level]),
  server,
});
