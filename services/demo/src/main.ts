// `npm run demo`: reads the command line, runs the demo, exits.
import { colorsFor } from 'pawl/show';
import { runDemo } from './demo.ts';
import { HELP, readOptions, type DemoOptions } from './options.ts';

const { stdout, stderr, env } = process;

const options = ((): DemoOptions => {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return process.exit(2);
  }
})();
if (options.help) {
  stdout.write(HELP);
  process.exit(0);
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interruption.abort());

const terminal = {
  target: {
    isPretty: stdout.isTTY,
    get columns() {
      return stdout.isTTY ? stdout.columns : Infinity;
    },
    colors: colorsFor(stdout, env),
  },
  output: {
    write: (text: string) => stdout.write(text),
    get rows() {
      return stdout.isTTY ? stdout.rows : Infinity;
    },
  },
  interrupted: interruption.signal,
};

try {
  const isRight = await runDemo(options, terminal);
  process.exitCode = isRight ? 0 : 1;
} catch (error) {
  const isInterrupted = interruption.signal.aborted;
  process.exitCode = isInterrupted ? 130 : 1;
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(`${isInterrupted ? 'Interrupted.' : message}\n`);
}
