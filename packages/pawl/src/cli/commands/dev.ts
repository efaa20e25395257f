// `pawl dev`: a broker, a host and a worker from one module, reloaded as it is edited.
import { relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Log } from '@pawl/core';
import { portsOf } from '../../bind.ts';
import { reportChange, reportProblem, reportReady } from '../dev/dev-report.ts';
import { DevRuntime } from '../dev/dev-runtime.ts';
import { openDevServer, type DevServer, type DevServerOptions } from '../dev/dev-server.ts';
import { openModuleLoader, type ModuleLoader } from '../dev/module-loader.ts';
import { openSourceWatcher } from '../dev/source-watcher.ts';
import { readUserModule } from '../dev/user-module.ts';
import type { Invocation, Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { aborted } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { watch } from './watch.ts';
import { DEFAULT_PORT } from './server.ts';

interface Flags extends DevServerOptions {
  readonly watch?: boolean;
}

/** Adds the command. */
export const addDevCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('dev')
    .description('run a nats-server, a host and a worker from one module')
    .argument('<file>', 'module that exports machines and tasks; TypeScript needs tsx')
    .option('--watch', 'reload when the module or a file it imports changes')
    .option(
      '--port <port>',
      'of the nats-server: one that listens there is used, else one is started; 0: a free port',
      wholeNumber('--port', 0),
      DEFAULT_PORT,
    )
    .option('--store <folder>', 'keep the journal here (default: a temporary folder)')
    .addHelpText(
      'after',
      `
The module exports { service, machines, tasks } as its default, or each by name:
  export const service = 'storage';
  export const volume = setup({ … }).createMachine({ id: 'volume', … });
  export const createVolumeTask = task(createVolume, async (input) => ({ … }));

With --watch an edited machine is a new version: new actors get it, living actors go on with the
one they were born with, as long as this process lives. Each step is folded twice and compared.

Examples:
  $ pawl dev volume.ts --watch
  $ pawl dev volume.ts --store .pawl --port 4300
  $ pawl dev volume.ts --server nats://staging:4222`,
    )
    .action(async (name: string, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const file = resolve(name);
      if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
      const server = await openDevServer(invocation, flags);
      try {
        await develop(file, flags.watch === true, server, invocation);
      } finally {
        await server.close();
      }
    });
};

const logTo = ({ terminal, options }: Invocation): Log => {
  return (level, message, fields) => {
    if (level === 'debug' || level === 'info') return;
    if (options.json) terminal.complain(JSON.stringify({ level, message, ...fields }));
    else {
      const color = level === 'error' ? terminal.errorColors.red : terminal.errorColors.yellow;
      const details = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
      terminal.complain(`${color(level)} ${message}${details}`);
    }
  };
};

const develop = async (
  file: string,
  isWatching: boolean,
  server: DevServer,
  invocation: Invocation,
): Promise<void> => {
  const { terminal, options } = invocation;
  const { connection, url, isOwn } = server;
  const { prefix } = options;
  const runtime = new DevRuntime({ connection, prefix, log: logTo(invocation) });
  const changed = new Set<string>();
  let wake = (): void => undefined;
  const sources = openSourceWatcher((path) => {
    changed.add(path);
    wake();
  });
  let stopWatching = (): void => undefined;
  const loader = await openModuleLoader(file, (path) => sources.add(path));
  try {
    const { machines, tasks } = await runtime.apply(readUserModule(await loader.load()));
    const invalid = machines.find((change) => change.kind === 'invalid');
    if (invalid !== undefined && !isWatching) throw invalid.error;
    if (invalid !== undefined) reportProblem(invalid.error, invocation);
    stopWatching = watch(
      portsOf({ connection, ...(prefix !== undefined && { prefix }) }),
      { type: '*', id: '*' },
      false,
      invocation,
    );
    const place = { server: url, isOwn, version: connection.serverVersion, file };
    reportReady(place, runtime.machines, tasks, invocation);
    const ended = aborted(terminal.interrupted);
    while (!terminal.interrupted.aborted) {
      const woken = new Promise<void>((wakeUp) => (wake = wakeUp));
      if (!isWatching || changed.size === 0) await Promise.race([woken, ended]);
      if (isWatching && changed.size > 0 && !terminal.interrupted.aborted)
        await reload(loader, runtime, changed, invocation);
    }
  } finally {
    stopWatching();
    sources.close();
    await runtime.stop();
  }
};

/** Loads the module again. Whatever is wrong with it is told, and everything goes on as before. */
const reload = async (
  loader: ModuleLoader,
  runtime: DevRuntime,
  changed: Set<string>,
  invocation: Invocation,
): Promise<void> => {
  const paths = [...changed].map((path) => relative('', path));
  changed.clear();
  try {
    reportChange(await runtime.apply(readUserModule(await loader.load())), paths, invocation);
  } catch (error) {
    reportProblem(error, invocation);
  }
};
