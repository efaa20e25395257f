// What every command is given: the terminal, the global options, and one way to print a result.
import type { Command } from 'commander';
import type { ConnectOptions } from '@pawl/jetstream';
import type { Terminal } from './terminal.ts';

/** How a command logs in. From the environment only: a command line is seen by others. */
export type Login = Pick<ConnectOptions, 'user' | 'pass' | 'creds' | 'inboxPrefix'>;

/** Options that stand before or after any command. */
export interface GlobalOptions {
  /** Undefined: nobody named a server; connect to the default address. */
  readonly server: string | undefined;
  readonly prefix: string | undefined;
  /** Who connects; undefined: nobody in particular. */
  readonly login: Login | undefined;
  /** PAWL_DATABASE: the database with the outbox. */
  readonly database?: string | undefined;
  readonly json: boolean;
  /** How long an answer may take, ms. */
  readonly timeoutMs: number;
}

/** A command under way. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
}

/** How a command gets what it needs: called when its action runs. */
export type Invoke = (command: Command) => Invocation;

/** Prints a result: one JSON document with `--json`, else the text. */
export const print = (
  { terminal, options }: Invocation,
  result: unknown,
  text: () => string,
): void => {
  const shown = options.json ? JSON.stringify(result) : text();
  if (shown !== '') terminal.write(shown);
};
