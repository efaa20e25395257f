// The command line: all commands, global options, and how a run becomes an exit code.
import { Command, CommanderError } from 'commander';
import { addCreateCommand } from './commands/create.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addDevCommand } from './commands/dev.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addFoldAgainCommand } from './commands/fold-again.ts';
import { addGetCommand } from './commands/get.ts';
import { addHistoryCommand } from './commands/history.ts';
import { addInjectCommand } from './commands/inject.ts';
import { addLimitCommands } from './commands/limits.ts';
import { addListCommand } from './commands/ls.ts';
import { addOrderCommands } from './commands/orders.ts';
import { addOutboxCommands } from './commands/outbox.ts';
import { addPermissionsCommand } from './commands/permissions.ts';
import { addProvisionCommand } from './commands/provision.ts';
import { addRebuildCommand } from './commands/rebuild.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRetireCommand } from './commands/retire.ts';
import { addRunCommand } from './commands/run.ts';
import { addScheduleCommands } from './commands/schedules.ts';
import { addSendCommand } from './commands/send.ts';
import { addServerCommand } from './commands/server.ts';
import { addSetStateCommand } from './commands/set-state.ts';
import { addStreamsCommand } from './commands/streams.ts';
import { addStuckCommand } from './commands/stuck.ts';
import { addWatchCommand } from './commands/watch.ts';
import { EXIT, EXIT_CODE_HELP, exitCodeOf } from './exit-code.ts';
import { failureText } from './failure-text.ts';
import type { GlobalOptions, Invoke, Login } from './invocation.ts';
import { duration } from './number-argument.ts';
import { DEFAULT_SERVER } from './session.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What the environment says. */
export interface ProgramDefaults {
  /** PAWL_SERVER. */
  readonly server: string | undefined;
  /** PAWL_USER, PAWL_PASSWORD, PAWL_CREDS, PAWL_INBOX_PREFIX. */
  readonly login?: Login;
  /** PAWL_DATABASE. */
  readonly database?: string | undefined;
  /** Of the package. */
  readonly version: string;
}

const TIMEOUT_MS = 10_000;

const HELP_AFTER = `
Exit codes:
${EXIT_CODE_HELP.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}

Environment:
  PAWL_SERVER                the server when --server is not given
  PAWL_USER, PAWL_PASSWORD   who connects
  PAWL_CREDS                 the same as a .creds file
  PAWL_INBOX_PREFIX          private prefix of replies, where the account restricts them
  PAWL_DATABASE              the database of pawl outbox, as a URL
  NO_COLOR                   no colours

Examples:
  $ pawl dev volume.ts --watch
  $ pawl create volume vol-1 name=data sizeGiB=20
  $ pawl send volume vol-1 EXTEND sizeGiB=40
  $ pawl history volume vol-1`;

const buildProgram = (terminal: Terminal, defaults: ProgramDefaults): Command => {
  const program = new Command('pawl')
    .description('XState statecharts that run durably on NATS JetStream')
    .version(defaults.version)
    .option('--server <url>', `nats-server to talk to (default ${DEFAULT_SERVER})`)
    .option('--prefix <prefix>', 'first token of all subjects (default pawl)')
    .option(
      '--timeout <time>',
      'how long an answer may take: 500ms, 10s, 2m',
      duration('--timeout'),
    )
    .option('--json', 'one JSON document, or one a line for what goes on')
    .addHelpText('after', HELP_AFTER)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.write(text.replace(/\n$/, '')),
      writeErr: () => undefined, // The error is thrown, and shown as all others are.
      getOutHelpWidth: () => (terminal.isPretty ? Math.min(terminal.columns, 100) : 100),
      getOutHasColors: () => terminal.isPretty,
    })
    .exitOverride();
  const invoke: Invoke = (command) => {
    const all = command.optsWithGlobals<Partial<GlobalOptions> & { readonly timeout?: number }>();
    const options: GlobalOptions = {
      server: all.server ?? defaults.server,
      prefix: all.prefix,
      login: defaults.login,
      database: defaults.database,
      json: all.json === true,
      timeoutMs: all.timeout ?? TIMEOUT_MS,
    };
    return { terminal, options };
  };
  for (const add of [
    addDevCommand,
    addCreateCommand,
    addSendCommand,
    addGetCommand,
    addListCommand,
    addHistoryCommand,
    addWatchCommand,
    addReplayCommand,
    addRunCommand,
    addScheduleCommands,
    addStuckCommand,
    addStreamsCommand,
    addDoctorCommand,
    addOrderCommands,
    addInjectCommand,
    addSetStateCommand,
    addFoldAgainCommand,
    addDeadLetterCommands,
    addLimitCommands,
    addOutboxCommands,
    addProvisionCommand,
    addRebuildCommand,
    addRetireCommand,
    addPermissionsCommand,
    addServerCommand,
  ])
    add(program, invoke);
  return program;
};

/** Help and version are no failures; all else that commander says is about the command line. */
const usageErrorOf = (error: CommanderError, program: Command, words: readonly string[]): Error => {
  const command = program.commands.find((each) => words.includes(each.name()));
  const name = command === undefined ? 'pawl' : `pawl ${command.name()}`;
  const said = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new UsageError(`${said}${/[.)?]$/.test(said) ? '' : '.'} See ${name} --help.`);
};

/** Runs one command line; resolves to the exit code, never rejects. */
export const runProgram = async (
  words: readonly string[],
  terminal: Terminal,
  defaults: ProgramDefaults,
): Promise<number> => {
  const program = buildProgram(terminal, defaults);
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
    return words.length === 0 ? EXIT.usage : EXIT.ok;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    const error = thrown instanceof CommanderError ? usageErrorOf(thrown, program, words) : thrown;
    terminal.complain(failureText(error, words.includes('--json'), terminal.errorColors));
    return exitCodeOf(error);
  }
};
