// `pawl run`: one command as a job, and its output.
import type { Command } from 'commander';
import { command as defineCommand, PawlError, type QueueClass, type TaskRecord } from '@pawl/core';
import { readData } from '../data-arguments.ts';
import { print, type Invoke } from '../invocation.ts';
import { withSession, type Session } from '../session.ts';
import { suggest } from '../suggestion.ts';
import { UsageError } from '../usage-error.ts';
import { classOption } from './class-option.ts';
import { uncheckedSchema } from './unchecked-schema.ts';

interface Flags {
  readonly id?: string;
  readonly class?: QueueClass;
}

/** Adds the command. */
export const addRunCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('run')
    .description('run a task as a job of its own and print its output')
    .argument('<service.task>', 'a task whose contract says job: true')
    .argument('[input...]', 'key=value words, one JSON value, or - for JSON on stdin')
    .option('--id <id>', 'id of the job: the same id runs once')
    .addOption(classOption('queue class of the command'))
    .addHelpText(
      'after',
      `
Examples:
  $ pawl run math.add x=2 y=3
  $ pawl run report.daily '{"day":"2026-01-31"}' --id report-2026-01-31`,
    )
    .action(async (name: string, words: string[], flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const input = await readData(words, () => invocation.terminal.readInput());
      await withSession(invocation, async (session) => {
        const { service, name: task, encoding, job } = await findTask(session, name);
        const contract = defineCommand({
          name: task,
          service,
          job,
          input: uncheckedSchema,
          output: uncheckedSchema,
          encoding: encoding === 'json' ? 'json' : 'msgpack',
        });
        const output = await session.client.run(contract, input, flags);
        print(invocation, { output: output ?? null }, () => JSON.stringify(output ?? null));
      });
    });
};

const findTask = async ({ ports }: Session, name: string): Promise<TaskRecord> => {
  const dot = name.indexOf('.');
  if (dot < 1 || dot === name.length - 1)
    throw new UsageError(`${name}: name the task as <service>.<task>, such as math.add.`);
  const [service, task] = [name.slice(0, dot), name.slice(dot + 1)];
  const found = await ports.registry.task(service, task);
  if (found !== undefined) return found;
  const names = (await ports.registry.tasks()).map((each) => `${each.service}.${each.name}`);
  throw new PawlError(
    'task-missing',
    `No worker has registered the task ${name}. ${suggest('tasks', name, names)}`,
  );
};
