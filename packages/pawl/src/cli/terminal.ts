// Where a command writes and reads: a terminal or a pipe, with or without colours.
import pc from 'picocolors';

/** Colours as functions; without colours they return what they get. */
export type Colors = ReturnType<typeof pc.createColors>;

/** What a command sees of the process it runs in. */
export interface Terminal {
  /** Is stdout a terminal? Then tables are aligned and times relative. */
  readonly isPretty: boolean;
  /** Width of the terminal; lines are cut there. Infinity in a pipe. */
  readonly columns: number;
  readonly colors: Colors;
  /** The same for stderr. */
  readonly errorColors: Colors;
  /** Writes a line to stdout. */
  write(line: string): void;
  /** Writes a line to stderr. */
  complain(line: string): void;
  /** Shows how far something is, in place of what it said before. Nothing in a pipe. */
  progress(line: string): void;
  /** Is somebody there who can answer? */
  readonly isInteractive: boolean;
  /** Asks and waits for a line. */
  ask(question: string): Promise<string>;
  /** Who runs the command, as the system says. */
  readonly user: string;
  /** Reads stdin to its end. */
  readInput(): Promise<string>;
  /** Wall time, ms since 1970. */
  now(): number;
  /** Aborted by SIGINT and SIGTERM: commands that go on for ever end in order. */
  readonly interrupted: AbortSignal;
}

/** What decides about colours besides the stream. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Colours for a terminal; NO_COLOR and FORCE_COLOR overrule. A pipe has no `isTTY` at all. */
const isColorful = (stream: { readonly isTTY?: boolean }, env: Environment): boolean => {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '0') !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
};

/**
 * The colours that fit a stream. Plain text in a pipe, in continuous integration too: picocolors
 * would colour there if it were left to decide.
 */
export const colorsFor = (stream: { readonly isTTY?: boolean }, env: Environment): Colors =>
  pc.createColors(isColorful(stream, env));

/** Resolves once the signal is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
