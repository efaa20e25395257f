// Progress on standard error: a bar in a terminal, plain lines in a pipe.

/** Where progress is shown. */
export interface Progress {
  /** A new piece of work of so many steps. */
  begin(title: string, steps: number): void;
  /** So many steps of it are done. */
  advance(done: number): void;
  /** The piece is done; `outcome` is what came of it. */
  end(outcome: string): void;
}

const WIDTH = 30;

const barOf = (share: number): string => {
  const full = Math.round(Math.min(share, 1) * WIDTH);
  return '█'.repeat(full) + '░'.repeat(WIDTH - full);
};

/** Progress on a stream. */
export const createProgress = (out: NodeJS.WriteStream): Progress => {
  let title = '';
  let steps = 1;
  const rewrite = (text: string): void => void out.write(`\r\u001B[K${text}`);
  return {
    begin: (newTitle, newSteps) => {
      title = newTitle;
      steps = newSteps;
      if (out.isTTY) rewrite(`${title.padEnd(24)} ${barOf(0)}`);
    },
    advance: (done) => {
      if (out.isTTY) rewrite(`${title.padEnd(24)} ${barOf(done / steps)} ${done}/${steps}`);
    },
    end: (outcome) => {
      const line = `${title.padEnd(24)} ${outcome}`;
      if (out.isTTY) rewrite(`${line}\n`);
      else out.write(`${line}\n`);
    },
  };
};
