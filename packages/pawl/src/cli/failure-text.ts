// An error as one line on stderr: the code, what happened and the way out; JSON with --json.
import { errorDataOf, PawlError } from '@pawl/core';
import { NatsServerError } from '@pawl/nats-server';
import type { Colors } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const codeOf = (error: unknown): string => {
  if (error instanceof PawlError || error instanceof NatsServerError || error instanceof UsageError)
    return error.code;
  return 'failed';
};

/** Ways out of the library's words, as a command line has them. */
const IN_CLI_WORDS: readonly (readonly [library: string, cli: string])[] = [
  [
    'Start one, or name another address in connect({ servers }).',
    'Start one with `pawl server`, or name another with --server or PAWL_SERVER.',
  ],
  [
    'start a host with it first (startHost).',
    'start a host with it first (startHost, or `pawl dev <file>`).',
  ],
  ["create it with { ifExists: 'return' }.", 'say --if-exists return.'],
];

const messageOf = (error: unknown): string =>
  IN_CLI_WORDS.reduce(
    (message, [library, cli]) => message.replace(library, cli),
    error instanceof Error ? error.message : String(error),
  );

/** Renders an error. */
export const failureText = (error: unknown, isJson: boolean, colors: Colors): string => {
  const code = codeOf(error);
  const message = messageOf(error);
  if (isJson) return JSON.stringify({ error: { ...errorDataOf(error, code), code, message } });
  return `${colors.red('error')} ${colors.bold(code)}: ${message}`;
};
