// The command line of the bench.
import { parseArgs } from 'node:util';

/** What is measured and how it is told. */
export interface BenchOptions {
  /** Measured lifecycles of each round. */
  readonly lifecycles: number;
  /** Rounds of the floor and of Pawl each, taking turns. */
  readonly rounds: number;
  /** Lifecycles at a time. */
  readonly inFlight: number;
  /** Lifecycles one at a time, for the latency when nothing else runs. */
  readonly idleSamples: number;
  /** `sync_interval` of nats-server; undefined: its default. */
  readonly sync: string | undefined;
  readonly json: boolean;
  /** CPU profiles of Pawl's processes go into this folder; the floor is left out. */
  readonly profileFolder: string | undefined;
}

/** The text of `--help`. */
export const HELP = `Usage: npm run bench -- [options]

Measures provision lifecycles: create an actor, three commands one after the other on a worker, then
the state "ok", which the client waits for. Client, host, worker and nats-server (file storage) are
processes of their own. The floor is the same flow of messages between bare nats.js clients that
decide nothing, over the same streams and consumers. Both run in turns, each on a fresh server.

  --lifecycles <number>    measured lifecycles of a round (default 5000)
  --rounds <number>        rounds of each; the medians count (default 3)
  --in-flight <number>     lifecycles at a time (default 300)
  --idle-samples <number>  lifecycles one at a time, for idleMs (default 200)
  --sync <interval>        sync_interval of nats-server: always, 10s (default: the server's own)
  --json                   one line of JSON on standard output
  --profile <folder>       write CPU profiles of Pawl's processes there; no floor, no verdict
  --limits                 measure what a grant costs with 10 and with 10,000 who wait for a permit
                           instead; takes no other option. Exit code 1: more than twice as much
  --outbox                 measure relays of a database's outbox instead; takes no other option
  --help                   this text

  lifecyclesPerSecond      all processes share this machine
  cpuMsPerLifecycle        user and system time of each process, from start to end of the load
  idleMs                   from create() to "ok" when nothing else runs
  floorRatio               lifecyclesPerSecond of Pawl / lifecyclesPerSecond of the floor
  floorCpuRatio            total CPU of the floor / total CPU of Pawl, per lifecycle
  messagesPerLifecycle     sent and received by each process

Exit code 1: cpuMsPerLifecycle.total above 1.3 or floorRatio below 0.5 (targets: 0.9 and 0.65).

Examples:
  npm run bench -- --lifecycles 5000 --json
  npm run bench -- --rounds 1 --profile /tmp/profiles
`;

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`--${name} ${text}: it must be a whole number above 0`);
};

/** Reads the words after the program's name; undefined: help is asked for. */
export const readOptions = (words: readonly string[]): BenchOptions | undefined => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      lifecycles: { type: 'string', default: '5000' },
      rounds: { type: 'string', default: '3' },
      'in-flight': { type: 'string', default: '300' },
      'idle-samples': { type: 'string', default: '200' },
      sync: { type: 'string' },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    lifecycles: positive('lifecycles', values.lifecycles),
    rounds: positive('rounds', values.rounds),
    inFlight: positive('in-flight', values['in-flight']),
    idleSamples: positive('idle-samples', values['idle-samples']),
    sync: values.sync,
    json: values.json,
    profileFolder: values.profile,
  };
};
