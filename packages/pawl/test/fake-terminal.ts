// A terminal for tests: keeps what a command writes, and can be interrupted.
import { written } from '../src/cli/safe-text.ts';
import { colorsFor, type Terminal } from '../src/cli/terminal.ts';

/** A terminal with what was written to it. */
export interface FakeTerminal extends Terminal {
  readonly out: string[];
  readonly err: string[];
  interrupt(): void;
  /** Resolves once a line on stdout matches. */
  line(pattern: RegExp): Promise<string>;
}

/** What it pretends. */
export interface FakeTerminalOptions {
  readonly isPretty?: boolean;
  readonly columns?: number;
  readonly input?: string;
  /** Somebody is there, and gives this answer to each question. */
  readonly answer?: string;
}

/** Creates one. Without options: a pipe with an empty stdin. */
export const createFakeTerminal = (options: FakeTerminalOptions = {}): FakeTerminal => {
  const { isPretty = false, columns = isPretty ? 120 : Infinity, input = '' } = options;
  const out: string[] = [];
  const err: string[] = [];
  const interruption = new AbortController();
  const awaited = new Set<{ readonly pattern: RegExp; readonly found: (line: string) => void }>();
  const look = (): void => {
    for (const each of awaited) {
      const line = out.find((text) => each.pattern.test(text));
      if (line === undefined) continue;
      awaited.delete(each);
      each.found(line);
    }
  };
  return {
    out,
    err,
    isPretty,
    columns,
    colors: colorsFor({}, {}),
    errorColors: colorsFor({}, {}),
    write: (line) => {
      out.push(written(line));
      look();
    },
    complain: (line) => err.push(written(line)),
    progress: () => undefined,
    isInteractive: options.answer !== undefined,
    ask: (question) => {
      err.push(question);
      return Promise.resolve(options.answer ?? '');
    },
    user: 'ada',
    readInput: () => Promise.resolve(input),
    now: () => 1_000_000,
    interrupted: interruption.signal,
    interrupt: () => interruption.abort(),
    line: (pattern) =>
      new Promise((found) => {
        awaited.add({ pattern, found });
        look();
      }),
  };
};
