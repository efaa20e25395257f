// Runs the simulator alone, until it is interrupted.
import { parseArgs } from 'node:util';
import type { FailureRule } from './failure-rule.ts';
import { parseFailureRule } from './failure-rule.ts';
import { startOpenStackSimulator } from './simulator.ts';

const HELP = `Usage: main.ts [options]

Runs a simulated OpenStack cloud: Keystone v3, Nova 2.1, Cinder v3, Glance v2.

  --port <number>             port to listen on (default 8774; 0 takes a free one)
  --host <address>            address to listen on (default 127.0.0.1)
  --seed <number>             decides jitter, rates and ids (default 1)
  --latency-ms <number>       how long every call takes (default 0)
  --build-ms <number>         BUILD to ACTIVE (default 2000)
  --create-volume-ms <number> creating to available (default 1000)
  --delete-server-ms <number> until a deleted server is gone (default 500)
  --delete-volume-ms <number> until a deleted volume is gone (default 500)
  --jitter <number>           share by which these vary, 0 to 1 (default 0.2)
  --token-lifetime-ms <number> how long a token holds (default 3600000)
  --fail <json>               a failure rule; may be given more than once
  --help                      this text

Examples:
  main.ts --port 8774 --build-ms 5000
  main.ts --fail '{"operation":"create-server","name":"bad","failure":{"kind":"error-state"}}'
  main.ts --fail '{"method":"GET","rate":0.05,"failure":{"kind":"answer","status":503}}'
`;

const NUMBERS = [
  'port',
  'seed',
  'latency-ms',
  'build-ms',
  'create-volume-ms',
  'delete-server-ms',
  'delete-volume-ms',
  'jitter',
  'token-lifetime-ms',
] as const;

type NumberName = (typeof NUMBERS)[number];

const DURATION_OF = {
  'build-ms': 'buildMs',
  'create-volume-ms': 'createVolumeMs',
  'delete-server-ms': 'deleteServerMs',
  'delete-volume-ms': 'deleteVolumeMs',
  jitter: 'jitter',
} as const;

const ruleOf = (text: string): FailureRule => {
  try {
    return parseFailureRule(JSON.parse(text));
  } catch (error) {
    throw new TypeError(
      `--fail ${text}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

const run = async (words: string[]): Promise<void> => {
  const { values } = parseArgs({
    args: words,
    options: {
      host: { type: 'string' },
      fail: { type: 'string', multiple: true },
      help: { type: 'boolean' },
      ...(Object.fromEntries(NUMBERS.map((name) => [name, { type: 'string' }])) as Record<
        NumberName,
        { type: 'string' }
      >),
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const numberOf = (name: NumberName): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number)) return number;
    throw new TypeError(`--${name} ${text}: it must be a number`);
  };
  const durations = Object.entries(DURATION_OF).flatMap(([option, name]) => {
    const number = numberOf(option as keyof typeof DURATION_OF);
    return number === undefined ? [] : [[name, number] as const];
  });
  const seed = numberOf('seed');
  const latencyMs = numberOf('latency-ms');
  const tokenLifetimeMs = numberOf('token-lifetime-ms');
  const simulator = await startOpenStackSimulator({
    port: numberOf('port') ?? 8774,
    durations: Object.fromEntries(durations),
    failures: (values.fail ?? []).map(ruleOf),
    ...(values.host !== undefined && { host: values.host }),
    ...(seed !== undefined && { seed }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(tokenLifetimeMs !== undefined && { tokenLifetimeMs }),
  });
  const stop = (): void => {
    void simulator.stop();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stdout.write(
    `OpenStack simulator listens on ${simulator.url}\n` +
      `  OS_AUTH_URL=${simulator.identityUrl} OS_USERNAME=${simulator.username} ` +
      `OS_PASSWORD=${simulator.password} OS_PROJECT_NAME=${simulator.projectName}\n` +
      `  OS_USER_DOMAIN_NAME=${simulator.domainName} ` +
      `OS_PROJECT_DOMAIN_NAME=${simulator.domainName} OS_IDENTITY_API_VERSION=3\n` +
      `  ${simulator.url}/_simulator/ledger and /_simulator/resources tell what happened\n`,
  );
};

run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
