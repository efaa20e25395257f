// What `pawl dev` says: lines for people, or one JSON document a line.
import { machineRecordOf, type RegisteredMachine } from '@pawl/core';
import { failureText } from '../failure-text.ts';
import type { Invocation } from '../invocation.ts';
import { DEFAULT_SERVER } from '../session.ts';
import type { DevChange } from './dev-runtime.ts';
import { exampleData, exampleWords } from './example-data.ts';

/** Where everything runs. */
export interface DevPlace {
  readonly server: string;
  /** `started`, or the server was there already. */
  readonly isOwn: boolean;
  readonly version: string;
  readonly file: string;
}

const bodyOf = (type: string, schema: unknown): string =>
  JSON.stringify({ type, ...exampleData(schema) });

/** How to talk to the first machine. */
const adviceOf = (machine: RegisteredMachine, invocation: Invocation, server: string): string[] => {
  const { type } = machine;
  const { inputSchema, events } = machineRecordOf(machine, 'dev');
  const [event] = Object.entries(events);
  const subject = `${invocation.options.prefix ?? 'pawl'}.in.event.${type}.${type}-1`;
  return [
    ...(server === DEFAULT_SERVER ? [] : [`export PAWL_SERVER=${server}`]),
    `pawl create ${type} ${type}-1 ${exampleWords(inputSchema)}`.trimEnd(),
    ...(event === undefined
      ? []
      : [
          `pawl send ${type} ${type}-1 ${event[0]} ${exampleWords(event[1])}`.trimEnd(),
          `nats --server ${server} pub ${subject} '${bodyOf(...event)}'`,
        ]),
    `pawl history ${type} ${type}-1`,
  ];
};

/** Says that everything runs, and how to talk to it. */
export const reportReady = (
  place: DevPlace,
  machines: readonly RegisteredMachine[],
  tasks: readonly string[],
  invocation: Invocation,
): void => {
  const { terminal, options } = invocation;
  const { colors } = terminal;
  const types = machines.map(({ type, version, eventTypes }) => ({
    type,
    version,
    events: [...eventTypes],
  }));
  if (options.json) {
    terminal.write(JSON.stringify({ what: 'ready', ...place, machines: types, tasks }));
    return;
  }
  const row = (name: string, text: string): string => `  ${colors.dim(name.padEnd(12))}${text}`;
  const [first] = machines;
  terminal.write(
    [
      row(
        'nats-server',
        `${place.server} (${place.version}${place.isOwn ? ', started here' : ''})`,
      ),
      ...types.map(({ type, version, events }) =>
        row(
          'machine',
          `${colors.bold(type)} ${version}, takes ${events.join(', ') || 'no events'}`,
        ),
      ),
      ...tasks.map((task) => row('task', task)),
      ...machines.flatMap(({ type, warnings }) =>
        warnings.map((warning) => row('warning', colors.yellow(`${type}: ${warning}`))),
      ),
      ...(first === undefined
        ? []
        : [
            '',
            'Talk to it:',
            ...adviceOf(first, invocation, place.server).map((line) => `  $ ${line}`),
          ]),
      '',
    ].join('\n'),
  );
};

/** Says what a reload changed. */
export const reportChange = (
  { machines, tasks }: DevChange,
  paths: readonly string[],
  invocation: Invocation,
): void => {
  const { terminal, options } = invocation;
  const { colors } = terminal;
  const lines: string[] = [];
  for (const change of machines) {
    if (change.kind === 'invalid') {
      reportProblem(change.error, invocation);
      lines.push(`${change.type}: ${colors.red('not taken')}; the earlier machine stays`);
    } else if (change.kind !== 'same') {
      const { type, version } = change.machine;
      lines.push(
        `${type}: ${colors.green(version)} from now on; ` +
          'living actors go on with the machine that they were born with',
      );
    }
  }
  if (options.json) {
    const summary = machines.map((change) =>
      change.kind === 'invalid'
        ? { kind: change.kind, type: change.type }
        : { kind: change.kind, type: change.machine.type, version: change.machine.version },
    );
    terminal.write(JSON.stringify({ what: 'reloaded', files: paths, machines: summary, tasks }));
    return;
  }
  const heading = `reloaded ${paths.join(', ')}`;
  const rest = lines.length === 0 ? ['machines are the same, tasks are new'] : lines;
  terminal.write([colors.cyan(heading), ...rest.map((line) => `  ${line}`)].join('\n'));
};

/** Says what is wrong with a load; everything goes on as before. */
export const reportProblem = (error: unknown, { terminal, options }: Invocation): void =>
  terminal.complain(failureText(error, options.json, terminal.errorColors));
