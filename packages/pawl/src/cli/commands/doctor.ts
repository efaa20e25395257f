// `pawl doctor`: is this installation fit for production, and what is broken.
import type { Command } from 'commander';
import { PawlError } from '@pawl/core';
import type { DoctorReport, Finding, FindingLevel } from '../../doctor/finding.ts';
import { examine } from '../../doctor/examine.ts';
import { print, type Invoke } from '../invocation.ts';
import { duration } from '../number-argument.ts';
import { withSession } from '../session.ts';
import type { Colors, Terminal } from '../terminal.ts';

interface Flags {
  readonly monitor?: string;
  readonly older?: number;
  readonly canary: boolean;
}

/** Adds the command. */
export const addDoctorCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('doctor')
    .description('say what is broken, what keeps it from production, and what repairs it')
    .option('--monitor <urls>', "the servers' monitoring pages, with commas")
    .option(
      '--older <time>',
      'tell commands that wait for longer (default 1h)',
      duration('--older'),
    )
    .option('--no-canary', 'do not send a timer through the broker')
    .addHelpText(
      'after',
      `
Exit code 1 when something is broken; what only keeps it from production is no failure.
The canary leaves one entry of type pawl-doctor in the journal, which no host reads.

Examples:
  $ pawl doctor
  $ pawl doctor --monitor http://n1:8222,http://n2:8222,http://n3:8222
  $ pawl doctor --json | jq -r '.findings[] | .code'`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal, options } = invocation;
      await withSession(invocation, async ({ connection, ports }) => {
        const report = await examine({
          connection,
          ports,
          prefix: options.prefix,
          canary: flags.canary,
          timeoutMs: options.timeoutMs,
          ...(flags.monitor !== undefined && { monitors: flags.monitor.split(',') }),
          ...(flags.older !== undefined && { olderMs: flags.older }),
        });
        print(invocation, report, () => renderReport(report, terminal));
        if (report.isHealthy) return;
        const broken = report.findings.filter(({ level }) => level === 'broken').length;
        throw new PawlError('unhealthy', `${broken} broken: each line above says what repairs it.`);
      });
    });
};

const paintOf = (level: FindingLevel, colors: Colors): ((text: string) => string) =>
  level === 'broken' ? colors.red : level === 'development' ? colors.yellow : colors.cyan;

/** One line each: tab-separated in a pipe. */
const lineOf = ({ level, code, message, repair }: Finding, terminal: Terminal): string => {
  const { isPretty, colors } = terminal;
  if (!isPretty) return [level, code, message, repair].join('\t');
  const head = `${paintOf(level, colors)(level.padEnd(11))}  ${colors.bold(code)}  ${message}`;
  return `${head}  ${colors.dim('→')} ${repair}`;
};

const renderReport = (report: DoctorReport, terminal: Terminal): string => {
  const { verdict, isHealthy, findings, server } = report;
  const { colors, isPretty } = terminal;
  const lines = findings.map((finding) => lineOf(finding, terminal));
  const health = isHealthy ? 'nothing is broken' : 'something is broken';
  if (!isPretty)
    return [['verdict', verdict, health, server.version].join('\t'), ...lines].join('\n');
  const paint = verdict === 'production' ? colors.green : colors.yellow;
  const title = `${colors.bold(paint(verdict))}: ${health}; nats-server ${server.version} at ${server.url}`;
  return [title, ...lines].join('\n');
};
