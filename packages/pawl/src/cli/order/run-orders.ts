// Gives one order to many actors: says what it will do, asks, and shows what came of it.
import type { OperatedActor, OrderResult } from '@pawl/client';
import { errorDataOf, type ActorSummary, type ErrorData } from '@pawl/core';
import { print, type Invocation } from '../invocation.ts';
import type { OperatorSession } from '../operator-session.ts';
import { stateText } from '../show/state-text.ts';
import { renderTable } from '../show/table.ts';
import { timeText } from '../show/time-text.ts';
import { UsageError } from '../usage-error.ts';

/** Gives the order to one actor. */
export type GiveOrder = (actor: OperatedActor) => Promise<OrderResult>;

interface OrderLine {
  readonly type: string;
  readonly id: string;
  readonly outcome: OrderResult['outcome'] | 'refused';
  /** State afterwards. */
  readonly value?: unknown;
  readonly status?: string;
  readonly error?: ErrorData;
}

const AT_ONCE = 8;
const BAR = 30;

/** A bar of what is done of all. */
export const barText = (done: number, all: number): string => {
  const filled = Math.round((BAR * done) / all);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done}/${all}`;
};

/** Asks whether to go on; without a terminal, `--yes` must say so. Throws UsageError. */
export const confirm = async (
  { terminal }: Invocation,
  question: string,
  isYes: boolean,
): Promise<boolean> => {
  if (isYes) return true;
  if (!terminal.isInteractive)
    throw new UsageError(`${question} Nobody is here to answer: say --yes.`);
  const answer = await terminal.ask(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
};

const showPlan = ({ terminal }: Invocation, actors: readonly ActorSummary[]): void => {
  const now = terminal.now();
  const table = renderTable(
    actors,
    [
      { title: 'type', text: ({ type }) => type },
      { title: 'id', text: ({ id }) => id },
      { title: 'state', text: ({ value }) => stateText(value) },
      { title: 'status', text: ({ status, parked }) => parked ?? status },
      { title: 'since', text: ({ since }) => timeText(since, now, terminal.isPretty) },
    ],
    terminal,
  );
  if (table !== '') terminal.complain(table);
};

const giveTo = async (
  { operator }: OperatorSession,
  { type, id }: ActorSummary,
  give: GiveOrder,
): Promise<OrderLine> => {
  try {
    const { outcome, state } = await give(operator.actor(type, id));
    return { type, id, outcome, value: state.value, status: state.status };
  } catch (error) {
    return { type, id, outcome: 'refused', error: errorDataOf(error) };
  }
};

const giveAll = async (
  { terminal }: Invocation,
  session: OperatorSession,
  actors: readonly ActorSummary[],
  give: GiveOrder,
): Promise<readonly OrderLine[]> => {
  const lines: OrderLine[] = [];
  const waiting = actors.entries();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const [index, actor] of waiting) {
      lines[index] = await giveTo(session, actor, give);
      done += 1;
      terminal.progress(barText(done, actors.length));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  terminal.progress('');
  return lines;
};

/** Runs it. Throws when an actor refused, after all have been asked. */
export const runOrders = async (
  invocation: Invocation,
  session: OperatorSession,
  name: string,
  actors: readonly ActorSummary[],
  give: GiveOrder,
  isYes: boolean,
): Promise<void> => {
  const { terminal } = invocation;
  if (actors.length > 0) showPlan(invocation, actors);
  const many = `${actors.length} ${actors.length === 1 ? 'actor' : 'actors'}`;
  const isWanted = actors.length > 0 && (await confirm(invocation, `${name} ${many}?`, isYes));
  const lines = isWanted ? await giveAll(invocation, session, actors, give) : [];
  const columns = [
    { title: 'type', text: ({ type }: OrderLine) => type },
    { title: 'id', text: ({ id }: OrderLine) => id },
    { title: 'outcome', text: ({ outcome }: OrderLine) => outcome },
    { title: 'state', text: ({ value }: OrderLine) => stateText(value) },
    {
      title: 'error',
      text: ({ error }: OrderLine) => (error ? `${error.code}: ${error.message}` : ''),
    },
  ];
  print(invocation, lines, () =>
    lines.length > 0
      ? renderTable(lines, columns, terminal)
      : actors.length === 0
        ? 'no actor matches'
        : 'nothing done',
  );
  const refused = lines.filter(({ outcome }) => outcome === 'refused').length;
  if (refused > 0) throw new Error(`${refused} of ${many} did not take the order to ${name}.`);
};
