// `pawl watch`: states as they change and, on request, entries as they are appended.
import type { Command } from 'commander';
import { decodeBody, PawlError, type Body, type BusMessage, type Ports } from '@pawl/core';
import { checkType } from '../explained-error.ts';
import type { Invocation, Invoke } from '../invocation.ts';
import { withSession } from '../session.ts';
import { stateText, statusColor } from '../show/state-text.ts';
import { clockText, isoTime } from '../show/time-text.ts';
import { aborted } from '../terminal.ts';

interface Flags {
  readonly entries?: boolean;
}

/** Adds the command. */
export const addWatchCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('watch')
    .description('print states as they change, until it is interrupted')
    .argument('[type]', 'actor type (default: all)')
    .argument('[id]', 'actor id (default: all)')
    .option('--entries', 'also print each journal entry as it is appended')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl watch
  $ pawl watch volume vol-1 --entries
  $ pawl watch volume --json | jq -c .value`,
    )
    .action(
      async (type: string | undefined, id: string | undefined, flags: Flags, command: Command) => {
        const invocation = invoke(command);
        await withSession(invocation, async ({ ports, connection }) => {
          if (type !== undefined) await checkType(type, ports);
          const address = { type: type ?? '*', id: id ?? '*' };
          const offStatus = connection.onStatus((status) => {
            if (status.type === 'disconnect' || status.type === 'reconnect')
              invocation.terminal.complain(`${status.type}ed: ${status.server}`);
          });
          const stop = watch(ports, address, flags.entries === true, invocation);
          await ports.bus.flush();
          await aborted(invocation.terminal.interrupted);
          stop();
          offStatus();
        });
      },
    );
};

/** Prints what comes until the returned function is called. */
export const watch = (
  { bus, subjects }: Ports,
  address: { readonly type: string; readonly id: string },
  withEntries: boolean,
  invocation: Invocation,
): (() => void) => {
  const before = new Map<string, string>();
  const subscriptions = [
    bus.subscribe(subjects.state(address), (message) => showState(message, before, invocation)),
    ...(withEntries
      ? [bus.subscribe(subjects.live(address, '*'), (message) => showEntry(message, invocation))]
      : []),
  ];
  return () => {
    for (const subscription of subscriptions) subscription.stop();
  };
};

/** The body, or undefined with a word on stderr: a watcher goes on. */
const readBody = (message: BusMessage, { terminal }: Invocation): Body | undefined => {
  try {
    return decodeBody(message.body);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    terminal.complain(`${message.subject}: ${error.code}: ${error.message}`);
    return undefined;
  }
};

/** Time, actor and what happened, aligned in a terminal and tab-separated in a pipe. */
const line = (
  { terminal }: Invocation,
  actor: string,
  what: string,
  sequence: unknown,
  at: number,
): string => {
  const { colors, isPretty } = terminal;
  if (!isPretty) return [isoTime(at), actor, what, String(sequence)].join('\t');
  const mark = colors.dim(`#${String(sequence)}`);
  return `${colors.dim(clockText(at))}  ${colors.bold(actor.padEnd(24))}  ${what}  ${mark}`;
};

const showState = (
  message: BusMessage,
  before: Map<string, string>,
  invocation: Invocation,
): void => {
  const notice = readBody(message, invocation);
  if (notice === undefined) return;
  const { terminal, options } = invocation;
  const [type = '', id = ''] = message.subject.split('.').slice(-2);
  if (options.json) {
    terminal.write(JSON.stringify({ what: 'state', type, id, ...notice }));
    return;
  }
  const actor = `${type}/${id}`;
  const state = stateText(notice['value']);
  const known = before.get(actor);
  before.set(actor, state);
  const status =
    notice['status'] === 'done' || notice['status'] === 'faulted' ? notice['status'] : 'active';
  const shown = statusColor(status, terminal.colors)(state);
  const move = known === undefined || known === state ? shown : `${known} → ${shown}`;
  const text = status === 'active' ? move : `${move} (${status})`;
  terminal.write(line(invocation, actor, text, notice['sequence'], Number(notice['time'])));
};

/** Names an entry by what its body says. */
const entryText = (kind: string, body: Body): string => {
  const { event, type, outcome, task, key } = body;
  if (typeof outcome === 'string') return `${kind} ${String(task)} ${outcome}`;
  if (typeof event === 'object' && event !== null && 'type' in event)
    return `${kind} ${String(event.type)}`;
  if (typeof key === 'string') return `${kind} ${key}`;
  return typeof type === 'string' ? `${kind} ${type}` : kind;
};

const showEntry = (message: BusMessage, invocation: Invocation): void => {
  const body = readBody(message, invocation);
  if (body === undefined) return;
  const { terminal, options } = invocation;
  const [type = '', id = '', kind = ''] = message.subject.split('.').slice(-3);
  const sequence = Number(message.headers['Nats-Sequence'] ?? 0);
  const at = Date.parse(message.headers['Nats-Time-Stamp'] ?? '');
  const time = Number.isNaN(at) ? terminal.now() : at;
  if (options.json)
    terminal.write(JSON.stringify({ what: 'entry', type, id, kind, sequence, time, body }));
  else {
    const text = terminal.colors.cyan(`+ ${entryText(kind, body)}`);
    terminal.write(line(invocation, `${type}/${id}`, text, sequence, time));
  }
};
