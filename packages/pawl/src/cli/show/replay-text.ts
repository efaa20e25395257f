// A replay: each entry with what it did, and the check at the end.
import type { HistoryEntry } from '@pawl/core';
import type { Terminal } from '../terminal.ts';
import { effectText, outcomeText } from './effect-text.ts';
import { renderHistory } from './history-table.ts';
import { moveText } from './state-text.ts';
import { clockText } from './time-text.ts';

const BODY_MAX = 160;

const bodyText = ({ body }: HistoryEntry): string => {
  const text = body === undefined ? '' : JSON.stringify(body);
  return text.length > BODY_MAX ? `${text.slice(0, BODY_MAX)}…` : text;
};

/** One entry as a paragraph: heading, body, state, effects. */
const entryText = (entry: HistoryEntry, { colors }: Terminal): string => {
  const { sequence, time, kind, by, event, before, after, outcome, effects } = entry;
  const heading =
    `${colors.dim(`#${sequence}`)} ${colors.dim(clockText(time))} ${kind} ${colors.cyan(event)}` +
    (by === undefined ? '' : colors.dim(` by ${by}`));
  const what = outcomeText(outcome);
  return [
    heading,
    `    ${colors.dim(bodyText(entry))}`,
    `    ${colors.green(moveText(before, after))}`,
    ...(what === '' ? [] : [`    ${colors.yellow(what)}`]),
    ...effects.map((effect) => `    ${colors.dim('→')} ${effectText(effect, time)}`),
  ].join('\n');
};

/** Renders a replay: paragraphs in a terminal, a tab-separated table in a pipe. */
export const renderReplay = (
  entries: readonly HistoryEntry[],
  check: { readonly sequence: number; readonly differences: readonly string[] },
  terminal: Terminal,
): string => {
  const { colors } = terminal;
  const verdict =
    check.differences.length === 0
      ? colors.green(`the replay comes to the host's state at sequence ${check.sequence}`)
      : colors.red(`the replay differs from the host in ${check.differences.join(', ')}`);
  const count = `${entries.length} entries`;
  if (!terminal.isPretty)
    return `${renderHistory(entries, terminal, terminal.now())}\n# ${count}; ${verdict}`;
  return [...entries.map((entry) => entryText(entry, terminal)), `${count}; ${verdict}`].join('\n');
};
