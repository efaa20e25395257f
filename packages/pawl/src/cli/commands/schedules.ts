// `pawl schedules`: which there are, when they run, what they did; and to run, pause, backfill.
import type { Command } from 'commander';
import { PawlError, SCHEDULE_TYPE, type ScheduleContext } from '@pawl/core';
import { checkBackfill, type BackfillRange } from './backfill-range.ts';
import { print, type Invocation, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';
import { withSession, type Session } from '../session.ts';
import { renderTable, type Column } from '../show/table.ts';
import { comingTicks, comingTimesOf, type ComingTick } from '../show/coming-ticks.ts';
import { targetText, timingText } from '../show/schedule-text.ts';
import { durationText, timeText } from '../show/time-text.ts';
import { suggest } from '../suggestion.ts';
import { UsageError } from '../usage-error.ts';

/** A schedule as shown. */
interface Shown {
  readonly name: string;
  readonly state: string;
  readonly next: number | null;
  readonly context: ScheduleContext;
}

const load = async (session: Session, name: string, now: number): Promise<Shown> => {
  try {
    const snapshot = await session.client.actor(SCHEDULE_TYPE, name).load();
    const context = snapshot.context as ScheduleContext;
    const isPaused = context.isPaused;
    const state = snapshot.status === 'done' ? 'removed' : isPaused ? 'paused' : 'active';
    const [next] = state === 'active' ? comingTimesOf(context, now, 1) : [];
    return { name, state, next: next ?? null, context };
  } catch (error) {
    if (!(error instanceof PawlError) || error.code !== 'no-such-actor') throw error;
    const names = (await session.ports.registry.schedules()).map((each) => each.name);
    throw new PawlError(
      'no-such-schedule',
      `Nobody has declared the schedule ${name}. ${suggest('schedules', name, names)}`,
    );
  }
};

const listAll = async (session: Session, now: number): Promise<readonly Shown[]> => {
  const records = await session.ports.registry.schedules();
  return Promise.all(records.map(({ name }) => load(session, name, now)));
};

const renderList = (all: readonly Shown[], { terminal }: Invocation): string => {
  const now = terminal.now();
  const time = (at: number): string => timeText(at, now, terminal.isPretty);
  const columns: readonly Column<Shown>[] = [
    { title: 'name', text: ({ name }) => name, color: (_row, colors) => colors.bold },
    {
      title: 'state',
      text: ({ state, context: { problem } }) =>
        problem === null ? state : `${state}, ${problem.code}`,
      color: ({ context: { problem } }, colors) => (problem === null ? String : colors.red),
    },
    { title: 'when', text: ({ context }) => timingText(context.definition) },
    { title: 'next', text: ({ next }) => (next === null ? '' : time(next)) },
    {
      title: 'running',
      text: ({ context: { running } }) => {
        const runs = Object.values(running);
        const first = Math.min(...runs.map(({ startedAt }) => startedAt));
        return runs.length === 0 ? '' : `${runs.length} since ${time(first)}`;
      },
    },
    { title: 'last', text: ({ context: { last } }) => (last === null ? '' : time(last.startedAt)) },
    {
      title: 'result',
      text: ({ context: { last } }) =>
        last === null ? '' : `${last.outcome} in ${durationText(last.durationMs)}`,
      color: ({ context: { last } }, colors) =>
        last?.outcome === 'erred' ? colors.red : (text) => text,
    },
    { title: 'runs', text: ({ context }) => targetText(context.definition) },
    { title: 'by', text: ({ context }) => context.service },
  ];
  return renderTable(all, columns, terminal);
};

const renderOne = ({ state, next, context }: Shown, { terminal }: Invocation): string => {
  const time = (at: number): string => timeText(at, terminal.now(), terminal.isPretty);
  const { definition, counts, last, running, notes, backoffUntil, problem } = context;
  const { catchUp } = definition;
  const lines: [string, string][] = [
    ['state', state],
    ['when', timingText(definition)],
    ['runs', targetText(definition)],
    ['overlap', definition.overlap],
    ['catches up', catchUp === 'latest' ? 'the latest' : durationText(catchUp)],
    ...(next === null ? [] : [['next', time(next)] as [string, string]]),
    [
      'ticks',
      Object.entries(counts)
        .filter(([what]) => what !== 'refused')
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
    ],
    ...(counts.refused === 0
      ? []
      : [['refused', `${counts.refused} events, by actors that had moved on`] as [string, string]]),
    ...Object.values(running).map((run): [string, string] => [
      'running',
      `${run.id} since ${time(run.startedAt)}`,
    ]),
  ];
  if (last !== null) {
    const why = last.error === undefined ? '' : `: ${last.error.message}`;
    lines.push(['last', `${last.id} ${last.outcome} in ${durationText(last.durationMs)}${why}`]);
  }
  if (backoffUntil !== null) lines.push(['backs off', `until ${time(backoffUntil)}`]);
  if (problem !== null) lines.push(['problem', problem.message]);
  for (const { at, what, tick, reason, count = 1 } of notes.slice(-10))
    lines.push(['note', `${time(at)} ${what} ${ticksText(time(tick), count)}: ${reason}`]);
  return lines.map(([name, text]) => `${name}\t${text}`).join('\n');
};

const renderTicks = (ticks: readonly ComingTick[], { terminal }: Invocation): string => {
  const columns: readonly Column<ComingTick>[] = [
    { title: 'time', text: ({ time }) => time ?? '' },
    { title: 'local', text: ({ local }) => local },
    { title: 'offset', text: ({ offset }) => offset ?? '' },
    { title: 'zone', text: ({ zone }) => zone },
    { title: 'clock', text: ({ dst = '' }) => dst, color: (_row, colors) => colors.yellow },
    { title: 'note', text: ({ note = '' }) => note },
  ];
  return renderTable(ticks, columns, terminal);
};

const ticksText = (last: string, count: number): string =>
  count === 1 ? `the tick of ${last}` : `${count} ticks up to ${last}`;

/** A time on the command line: ISO 8601. */
const timeOf =
  (name: string) =>
  (text: string): number => {
    const time = Date.parse(text);
    if (Number.isFinite(time)) return time;
    throw new UsageError(`${name} ${text}: write an ISO time such as 2026-01-31T00:00:00Z.`);
  };

const EXAMPLES = `
Examples:
  $ pawl schedules ls
  $ pawl schedules next nightly --count 10
  $ pawl schedules backfill nightly --from 2026-01-01T00:00:00Z --to 2026-01-08T00:00:00Z`;

/** Adds the commands. */
export const addScheduleCommands = (program: Command, invoke: Invoke): void => {
  const schedules = program
    .command('schedules')
    .description('list, preview, run, pause and backfill what is run when')
    .addHelpText('after', EXAMPLES);
  const add = (words: string, description: string, example: string): Command =>
    schedules
      .command(words)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ pawl schedules ${example}`);

  add('ls', 'all schedules: next time, last run', 'ls --json').action(
    async (_flags: object, command: Command) => {
      const invocation = invoke(command);
      await withSession(invocation, async (session) => {
        const all = await listAll(session, invocation.terminal.now());
        print(invocation, all, () => renderList(all, invocation));
      });
    },
  );
  add('show', 'one schedule, with what became of its ticks', 'show nightly')
    .argument('<name>')
    .action(async (name: string, _flags: object, command: Command) => {
      const invocation = invoke(command);
      await withSession(invocation, async (session) => {
        const shown = await load(session, name, invocation.terminal.now());
        print(invocation, shown, () => renderOne(shown, invocation));
      });
    });
  add(
    'next',
    'the next times, in its zone, and what a clock change does to them',
    'next nightly --count 10',
  )
    .argument('<name>')
    .option('--count <count>', 'how many (default 5)', wholeNumber('--count', 1))
    .action(async (name: string, flags: { readonly count?: number }, command: Command) => {
      const invocation = invoke(command);
      await withSession(invocation, async (session) => {
        const now = invocation.terminal.now();
        const { context, state } = await load(session, name, now);
        const ticks = state === 'removed' ? [] : comingTicks(context, now, flags.count ?? 5);
        if (state !== 'active')
          invocation.terminal.complain(`${name} is ${state}: at these times it runs nothing.`);
        print(invocation, ticks, () => renderTicks(ticks, invocation));
      });
    });
  for (const [verb, description, event] of [
    ['run', 'run it now, as its overlap policy allows', { type: 'RUN' }],
    ['pause', 'begin no run until it is resumed', { type: 'PAUSE' }],
    ['resume', 'begin runs again', { type: 'RESUME' }],
    ['rm', 'remove it; what runs is told to stop', { type: 'REMOVE' }],
  ] as const)
    add(verb, description, `${verb} nightly`)
      .argument('<name>')
      .action((name: string, _flags: object, command: Command) =>
        tell(invoke(command), name, event),
      );
  add(
    'backfill',
    'run it for times in the past, one after the other',
    'backfill nightly --from 2026-01-01T00:00:00Z --to 2026-01-08T00:00:00Z',
  )
    .argument('<name>')
    .requiredOption('--from <time>', 'first time', timeOf('--from'))
    .requiredOption('--to <time>', 'last time', timeOf('--to'))
    .action(async (name: string, range: BackfillRange, command) => {
      await tell(invoke(command as Command), name, { type: 'BACKFILL', ...range }, (context, now) =>
        checkBackfill(context, range, now),
      );
    });
};

/** Sends an event to a schedule and shows what it is then. */
const tell = async (
  invocation: Invocation,
  name: string,
  event: { readonly type: string; readonly [field: string]: unknown },
  check: (context: ScheduleContext, now: number) => void = () => undefined,
): Promise<void> =>
  withSession(invocation, async (session) => {
    const now = invocation.terminal.now();
    check((await load(session, name, now)).context, now);
    const { client, ports } = session;
    await client.actor(SCHEDULE_TYPE, name).send(event, { class: 'background' });
    if (event.type === 'REMOVE') {
      await ports.registry.removeSchedule(name);
      invocation.terminal.complain(
        `Code that still declares ${name} makes it again when its host starts.`,
      );
    }
    const shown = await load(session, name, invocation.terminal.now());
    print(invocation, shown, () => renderOne(shown, invocation));
  });
