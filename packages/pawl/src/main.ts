#!/usr/bin/env node
// The bin `pawl`. The only place that reads the environment, hands out the clock, and exits.
import { userInfo } from 'node:os';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Login } from './cli/invocation.ts';
import { runProgram } from './cli/program.ts';
import { ownColors, written } from './cli/safe-text.ts';
import { colorsFor, type Terminal } from './cli/terminal.ts';

const { stdout, stderr, stdin, env } = process;

let interruption: AbortController | undefined;

/** Only a command that looks at it is asked to end; all others end at once, as is usual. */
const interrupted = (): AbortSignal => {
  if (interruption === undefined) {
    const controller = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => controller.abort());
    interruption = controller;
  }
  return interruption.signal;
};

/** Undefined in a container that runs as a number without a name. */
const systemUser = (): string | undefined => {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
};

const terminal: Terminal = {
  isPretty: stdout.isTTY,
  get columns() {
    return stdout.isTTY ? stdout.columns : Infinity;
  },
  colors: ownColors(colorsFor(stdout, env)),
  errorColors: ownColors(colorsFor(stderr, env)),
  write: (line) => stdout.write(`${written(line)}\n`),
  complain: (line) => stderr.write(`${written(line)}\n`),
  progress: (line) => {
    if (stderr.isTTY) stderr.write(`\r\u001b[K${written(line)}`);
  },
  isInteractive: stdin.isTTY && stderr.isTTY,
  ask: async (question) => {
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      return await lines.question(written(question));
    } finally {
      lines.close();
    }
  },
  user: env['USER'] ?? env['LOGNAME'] ?? systemUser() ?? 'pawl-cli',
  readInput: () => text(stdin),
  now: () => Date.now(),
  get interrupted() {
    return interrupted();
  },
};

// `pawl ls | head` closes the pipe: there is nobody left to tell.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const manifest = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
const server = env['PAWL_SERVER'] === '' ? undefined : env['PAWL_SERVER'];

/** Who connects, as far as the environment says. */
const loginOf = (): Login => {
  const said = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const user = said('PAWL_USER');
  const pass = said('PAWL_PASSWORD');
  const creds = said('PAWL_CREDS');
  const inboxPrefix = said('PAWL_INBOX_PREFIX');
  return {
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(creds !== undefined && { creds: readFileSync(creds, 'utf8') }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
  };
};

const database = env['PAWL_DATABASE'] === '' ? undefined : env['PAWL_DATABASE'];
const defaults = { server, version, login: loginOf(), database };
const exitCode = await runProgram(process.argv.slice(2), terminal, defaults);
// A module that `pawl dev` has loaded may hold the process open.
stdout.write('', () => process.exit(exitCode));
