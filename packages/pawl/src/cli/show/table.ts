// Tables: aligned in a terminal, tab-separated with a header line in a pipe.
import { safe } from '../safe-text.ts';
import type { Colors, Terminal } from '../terminal.ts';

/** One column. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colours the padded cell. */
  readonly color?: (row: Row, colors: Colors) => (text: string) => string;
  readonly align?: 'right';
}

/** Where the table goes. */
export type TableTarget = Pick<Terminal, 'isPretty' | 'columns' | 'colors'>;

const GAP = '  ';

/** One line: a tab would be a column, a line break a row. */
const flat = (text: string): string => safe(text.replace(/[\t\r\n]+/g, ' '));

const cut = (text: string, width: number): string => {
  if (text.length <= width) return text;
  return width < 1 ? '' : `${text.slice(0, width - 1)}…`;
};

/** Renders rows and a header. No rows: the header alone in a pipe, nothing in a terminal. */
export const renderTable = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  target: TableTarget,
): string => {
  const titles = columns.map(({ title }) => title.toUpperCase());
  const cells = rows.map((row) => columns.map(({ text }) => flat(text(row))));
  if (!target.isPretty) return [titles, ...cells].map((line) => line.join('\t')).join('\n');
  if (rows.length === 0) return '';
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const line = (texts: readonly string[], paint: (index: number) => (text: string) => string) => {
    let left = target.columns;
    const parts = texts.map((text, index) => {
      const width = Math.min(widths[index] ?? 0, Math.max(0, left));
      const isLast = index === texts.length - 1;
      const shown = cut(text, width);
      left -= width + GAP.length;
      const isRight = columns[index]?.align === 'right';
      const padded = isRight ? shown.padStart(width) : isLast ? shown : shown.padEnd(width);
      return shown === '' ? padded : paint(index)(padded);
    });
    return parts.join(GAP).trimEnd();
  };
  const plain = (text: string): string => text;
  const body = cells.map((texts, number) =>
    line(texts, (index) => {
      const row = rows[number];
      const color = columns[index]?.color;
      return row === undefined || color === undefined ? plain : color(row, target.colors);
    }),
  );
  return [line(titles, () => target.colors.dim), ...body].join('\n');
};
