// Runs the OpenStack service until interrupted: a host for its actors, a worker for its commands.
import { parseArgs } from 'node:util';
import { connect, startHealthServer, startHost, startWorker } from 'pawl';
import type { Log } from 'pawl';
import type { CloudSettings } from './cloud/cloud-settings.ts';
import { clientsOf } from './cloud/open-stack-client.ts';
import { instance } from './instance/instance.machine.ts';
import { pullSchedules, type PullEvery } from './pull-schedules.ts';
import { openstackTasks } from './tasks.ts';
import { volume } from './volume/volume.machine.ts';

const HELP = `Usage: main.ts [--host-only | --worker-only] [--pull-every <time>] [--health-port <port>]
               [--no-provision]

Runs service openstack: the actors volume and instance, and the worker that talks to the cloud.

  --host-only     only the actors
  --worker-only   only the worker
  --pull-every <time>   the host looks at all volumes and instances so often, such as 10m
  --health-port <port>  /healthz, /readyz and /metrics (default: none)
  --no-provision  streams are there: an operator made them (pawl provision)
  --help          this text

From the environment:
  PAWL_SERVERS              nats-server, default nats://127.0.0.1:4222; several with commas
  PAWL_USER, PAWL_PASSWORD  who connects, where nats-server asks
  PAWL_INBOX_PREFIX         private prefix of replies, where permissions restrict them
  OS_AUTH_URL               Keystone v3, such as https://cloud.example:5000/v3
  OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME
  OS_USER_DOMAIN_NAME, OS_PROJECT_DOMAIN_NAME       default Default
  OS_REGION_NAME            default: the first region of the catalog
  OS_INTERFACE              public (default), internal or admin
These are the settings "default" that actors refer to. Only the worker needs OS_….

Examples:
  OS_AUTH_URL=http://127.0.0.1:8774/identity/v3 OS_USERNAME=demo OS_PASSWORD=secret \\
    OS_PROJECT_NAME=demo main.ts
  PAWL_SERVERS=nats://10.0.0.7:4222 main.ts --host-only
`;

const optional = (name: string): string | undefined => {
  const value = process.env[name];
  return value === '' ? undefined : value;
};

const required = (name: string): string => {
  const value = optional(name);
  if (value === undefined) throw new Error(`${name} is not set: the worker needs it. See --help.`);
  return value;
};

const interfaceOf = (value: string | undefined): 'public' | 'internal' | 'admin' => {
  if (value === undefined || value === 'public') return 'public';
  if (value === 'internal' || value === 'admin') return value;
  throw new Error(`OS_INTERFACE is ${value}: it must be public, internal or admin.`);
};

const readSettings = (): CloudSettings => {
  const userDomainName = optional('OS_USER_DOMAIN_NAME');
  const projectDomainName = optional('OS_PROJECT_DOMAIN_NAME');
  const regionName = optional('OS_REGION_NAME');
  return {
    authUrl: required('OS_AUTH_URL'),
    username: required('OS_USERNAME'),
    password: required('OS_PASSWORD'),
    projectName: required('OS_PROJECT_NAME'),
    endpointInterface: interfaceOf(optional('OS_INTERFACE')),
    ...(userDomainName !== undefined && { userDomainName }),
    ...(projectDomainName !== undefined && { projectDomainName }),
    ...(regionName !== undefined && { regionName }),
  };
};

const readLogin = (): { user?: string; pass?: string; inboxPrefix?: string } => {
  const user = optional('PAWL_USER');
  const pass = optional('PAWL_PASSWORD');
  const inboxPrefix = optional('PAWL_INBOX_PREFIX');
  return {
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
  };
};

const portOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--health-port ${text}: it must be a port, 0 to 65535.`);
  return port;
};

/** One JSON line each; debug lines are left out. */
const log: Log = (level, message, fields) => {
  if (level === 'debug') return;
  const time = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
};

const run = async (words: string[]): Promise<void> => {
  const { values } = parseArgs({
    args: words,
    options: {
      'host-only': { type: 'boolean' },
      'worker-only': { type: 'boolean' },
      'pull-every': { type: 'string' },
      'health-port': { type: 'string' },
      'no-provision': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const hosts = values['worker-only'] !== true;
  const works = values['host-only'] !== true;
  if (!hosts && !works) throw new Error('--host-only and --worker-only exclude each other.');
  const settings = works ? readSettings() : undefined;
  const servers = (optional('PAWL_SERVERS') ?? 'nats://127.0.0.1:4222').split(',');
  const service = 'openstack';

  const healthPort = portOf(values['health-port']);
  const every = values['pull-every'];
  const schedules = every === undefined ? [] : pullSchedules(every as PullEvery);

  const connection = await connect({ servers, name: service, ...readLogin() });
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    try {
      await Promise.all(parts.map((part) => part.stop()));
    } finally {
      await connection.close();
    }
  };
  try {
    const host = hosts
      ? await startHost({
          connection,
          service,
          machines: { volume, instance },
          schedules,
          log,
          ...(values['no-provision'] === true && { topology: false as const }),
        })
      : undefined;
    if (host !== undefined) parts.push(host);
    const worker =
      settings === undefined
        ? undefined
        : await startWorker({
            connection,
            service,
            tasks: openstackTasks({ clients: clientsOf({ default: settings }) }),
            log,
          });
    if (worker !== undefined) parts.push(worker);
    if (healthPort !== undefined)
      parts.push(
        await startHealthServer({
          connection,
          port: healthPort,
          log,
          ...(host !== undefined && { host }),
          ...(worker !== undefined && { worker }),
        }),
      );
  } catch (error) {
    await stop();
    throw error;
  }
  const onSignal = (): void => {
    stop().catch(fail);
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  process.stdout.write(`Service ${service} runs; nats-server at ${servers.join(', ')}.\n`);
};

const fail = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
};

run(process.argv.slice(2)).catch(fail);
