// A history as a table: one journal entry a line.
import type { HistoryEntry } from '@pawl/core';
import { effectText, outcomeText } from './effect-text.ts';
import { moveText } from './state-text.ts';
import { renderTable, type Column, type TableTarget } from './table.ts';
import { timeText } from './time-text.ts';

/** Effects, or why there are none. */
const didText = ({ outcome, effects, time }: HistoryEntry): string =>
  [outcomeText(outcome), ...effects.map((effect) => effectText(effect, time))]
    .filter((text) => text !== '')
    .join(', ');

/** Renders entries, oldest first. `now` is for relative times. */
export const renderHistory = (
  entries: readonly HistoryEntry[],
  target: TableTarget,
  now: number,
): string => {
  const columns: readonly Column<HistoryEntry>[] = [
    { title: 'sequence', align: 'right', text: ({ sequence }) => String(sequence) },
    { title: 'time', text: ({ time }) => timeText(time, now, target.isPretty) },
    { title: 'kind', text: ({ kind }) => kind },
    { title: 'by', text: ({ by }) => by ?? '' },
    { title: 'event', text: ({ event }) => event, color: (_row, colors) => colors.cyan },
    {
      title: 'state',
      text: ({ before, after }) => moveText(before, after),
      color: ({ before, after }, colors) =>
        moveText(before, after).includes('→') ? colors.green : colors.dim,
    },
    {
      title: 'did',
      text: didText,
      color: ({ outcome }, colors) => {
        if (outcome.kind === 'applied') return (text) => text;
        return outcome.kind === 'ignored' ? colors.yellow : colors.red;
      },
    },
  ];
  return renderTable(entries, columns, target);
};
