// Draws lines over those drawn before, in place.

/** A part of the terminal that is redrawn. */
export interface Screen {
  draw(lines: readonly string[]): void;
}

/** What it needs of a terminal. */
export interface ScreenOutput {
  write(text: string): unknown;
  readonly rows: number;
}

const UP = (lines: number): string => `\u001B[${lines}A`;
const CLEAR_LINE = '\u001B[2K';
const CLEAR_BELOW = '\u001B[0J';

/** Lines that do not fit are left out from above the last: the counts stay in sight. */
const fitting = (lines: readonly string[], rows: number): readonly string[] => {
  const max = rows - 1;
  if (lines.length <= max) return lines;
  const tail = lines.slice(-2);
  return [...lines.slice(0, max - tail.length), ...tail];
};

/** Opens a screen at the cursor. */
export const createScreen = (output: ScreenOutput): Screen => {
  let drawn = 0;
  return {
    draw: (lines) => {
      const shown = fitting(lines, output.rows);
      const body = shown.map((line) => `${CLEAR_LINE}${line}\n`).join('');
      output.write((drawn === 0 ? '' : UP(drawn)) + body + CLEAR_BELOW);
      drawn = shown.length;
    },
  };
};
