// The command line of the demo.
import { parseArgs } from 'node:util';

/** What was asked for. */
export interface DemoOptions {
  readonly instances: number;
  readonly keep: boolean;
  readonly help: boolean;
  readonly seed: number;
}

/** `--help`. */
export const HELP = `Usage: npm run demo -- [options]

Provisions virtual machines with two volumes each on a simulated OpenStack cloud: a nats-server, a
host and two workers as processes of their own, one machine made to fail.

  --instances <number>  how many (default 12, at most 500)
  --seed <number>       decides how long the cloud takes for each (default 1)
  --keep                stay up afterwards and say how to talk to it
  --help                this text

Examples:
  npm run demo
  npm run demo -- --keep
  npm run demo -- --instances 100

Exit code: 0 when all but one are ok, one is erred, and the cloud's ledger is right; else 1; 2 when
the command line is wrong.
`;

const wholeNumber = (name: string, text: string, max: number): number => {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new TypeError(`--${name} ${text}: it must be a whole number from 1 to ${max}.`);
};

/** Reads the words. Throws TypeError. */
export const readOptions = (words: readonly string[]): DemoOptions => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      instances: { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    instances: wholeNumber('instances', values.instances, 500),
    seed: wholeNumber('seed', values.seed, 2 ** 31),
    keep: values.keep,
    help: values.help,
  };
};
