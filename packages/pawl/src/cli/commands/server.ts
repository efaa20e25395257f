// `pawl server`: a nats-server in the foreground.
import type { Command } from 'commander';
import { startNatsServer } from '@pawl/nats-server';
import { print, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { aborted } from '../terminal.ts';

interface Flags {
  readonly port: number;
  readonly store?: string;
}

/** The port of NATS. */
export const DEFAULT_PORT = 4222;

/** Adds the command. */
export const addServerCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('server')
    .description('run a nats-server in the foreground; finds or fetches one that is new enough')
    .option('--port <port>', '0 takes a free one', wholeNumber('--port', 0), DEFAULT_PORT)
    .option('--store <folder>', 'where JetStream stores (default: a temporary folder)')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl server --store ./data
  $ pawl server --port 4300 --json`,
    )
    .action(async (flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal } = invocation;
      const server = await startNatsServer({
        port: flags.port,
        ...(flags.store !== undefined && { storeDirectory: flags.store }),
        onProgress: (line) => terminal.complain(line),
      });
      const { url, version, storeDirectory } = server;
      print(
        invocation,
        { url, version, storeDirectory },
        () => `nats-server ${version} at ${url}, store ${storeDirectory}\nEnd it with Ctrl+C.`,
      );
      await aborted(terminal.interrupted);
      await server.stop();
    });
};
