// Exit codes: what a script can tell apart.
import { PawlError, type ErrorCode } from '@pawl/core';
import { NatsServerError } from '@pawl/nats-server';
import { UsageError } from './usage-error.ts';

/** What the process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** The table of `pawl --help`. */
export const EXIT_CODE_HELP: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'refused or failed: the actor, machine, task or check said no'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.unreachable, 'no nats-server or no host could be reached, or no answer came in time'],
];

const USAGE: readonly ErrorCode[] = ['invalid-id', 'invalid-type', 'invalid-name', 'unknown-class'];
const UNREACHABLE: readonly ErrorCode[] = [
  'no-server',
  'no-connection',
  'no-answer',
  'outcome-unknown',
  'wait-timeout',
  'not-authorized',
  'server-too-old',
  'jetstream-off',
];

/** The exit code for anything thrown. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NatsServerError) return EXIT.unreachable;
  if (!(error instanceof PawlError)) return EXIT.failed;
  if (USAGE.includes(error.code)) return EXIT.usage;
  return UNREACHABLE.includes(error.code) ? EXIT.unreachable : EXIT.failed;
};
