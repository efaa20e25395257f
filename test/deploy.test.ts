// The files in deploy/: they parse, name what exists, and three nats-servers run as they say.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { volume } from '@pawl/openstack';
import { startOpenStackSimulator, type OpenStackSimulator } from '@pawl/openstack-simulator';
import { freePort } from '@pawl/testing';
import { connect, findNatsServer, openClient } from 'pawl';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';

const test = suite('deploy');

const PASSWORDS = Object.fromEntries(
  ['ADMIN', 'HOST', 'WORKER', 'CLIENT', 'OPERATOR', 'VIEWER', 'SYSTEM'].map((name) => [
    `PAWL_${name}_PASSWORD`,
    `${name.toLowerCase()}-secret`,
  ]),
);

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** What ran, with all it wrote. */
interface Ran {
  readonly code: number;
  readonly out: string;
}

const children: ChildProcess[] = [];
let folder: string;
let simulator: OpenStackSimulator;
let natsServer: string;

const start = (program: string, words: readonly string[], env: object): ChildProcess => {
  const child = spawn(program, words, { env: { PATH: '/usr/bin:/bin', ...env } });
  children.push(child);
  return child;
};

const run = async (program: string, words: readonly string[], env: object): Promise<Ran> => {
  const child = start(program, words, env);
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out };
};

const pawl = (words: readonly string[], env: object = {}): Promise<Ran> =>
  run(process.execPath, [...process.execArgv, 'packages/pawl/src/main.ts', ...words], env);

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

/** Repeats until it succeeds: a cluster needs some seconds to elect its leaders. */
const eventually = async <Result>(
  what: string,
  attempt: () => Promise<Result | undefined>,
): Promise<Result> => {
  const endsAt = performance.now() + 60_000;
  for (;;) {
    const result = await attempt().catch(() => undefined);
    if (result !== undefined) return result;
    assert.ok(performance.now() < endsAt, `${what} did not happen in a minute`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-deploy-'));
  simulator = await startOpenStackSimulator({ durations: { createVolumeMs: 50 } });
  natsServer = (await findNatsServer()).path;
});

test.after(async () => {
  for (const child of children.toReversed()) await stop(child);
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the compose file names images, programs, files and services that exist', async () => {
  const text = await readFile('deploy/compose.yaml', 'utf8');
  const compose = parse(text, { merge: true }) as Compose;
  const names = Object.keys(compose.services);
  for (const name of ['nats-1', 'nats-2', 'nats-3', 'openstack-host', 'openstack-worker'])
    assert.ok(names.includes(name), name);
  for (const [name, service] of Object.entries(compose.services)) {
    assert.type(service.image, 'string', name);
    const { depends_on: needs = [] } = service;
    for (const each of Array.isArray(needs) ? needs : Object.keys(needs))
      assert.ok(names.includes(String(each)), `${name} depends on ${String(each)}`);
    for (const word of [...(service.entrypoint ?? []), ...(service.command ?? [])])
      if (word.endsWith('.js')) {
        const source = word.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
        assert.ok(existsSync(source), `${name} runs ${word}, which is built from no file`);
      }
    for (const mount of service.volumes ?? []) {
      const [from = ''] = mount.split(':');
      if (from.startsWith('.')) assert.ok(existsSync(join('deploy', from)), `${name}: ${from}`);
      else assert.ok(from in compose.volumes, `${name}: ${from} is no volume`);
    }
  }
  // All that the configuration takes from the environment is given.
  const configuration = await Promise.all(
    ['cluster.conf', 'users.conf'].map((file) => readFile(`deploy/nats/${file}`, 'utf8')),
  );
  const settings = configuration.join('\n').replaceAll(/^\s*#.*$/gm, '');
  const given = compose.services['nats-1']?.environment ?? {};
  for (const [, name = ''] of settings.matchAll(/\$(\w+)/g)) assert.ok(name in given, name);
});

test('the image is built from files that exist, by steps that this repository has', async () => {
  const text = await readFile('deploy/Dockerfile', 'utf8');
  const { packageManager } = JSON.parse(await readFile('package.json', 'utf8')) as {
    packageManager: string;
  };
  assert.ok(
    text.includes(packageManager),
    `the Dockerfile installs another than ${packageManager}`,
  );
  for (const [path] of text.matchAll(/services\/[\w-]+/g)) assert.ok(existsSync(path), path);
});

test('the permissions are what pawl permissions prints', async () => {
  const script = await readFile('deploy/permissions.sh', 'utf8');
  const lines = [...script.matchAll(/^pawl (.+) > "\$to\/([\w-]+\.conf)"$/gm)];
  assert.is(lines.length, 5);
  await Promise.all(
    lines.map(async ([, words = '', file = '']) => {
      const { out } = await pawl(['permissions', ...words.split(' ')]);
      assert.is(await readFile(`deploy/nats/permissions/${file}`, 'utf8'), out, file);
    }),
  );
});

test('nats-server takes both configurations', async () => {
  const env = {
    ...PASSWORDS,
    NATS_NAME: 'n',
    NATS_PORT: 4222,
    NATS_MONITOR: 8222,
    NATS_CLUSTER: 6222,
    NATS_STORE: folder,
    NATS_ROUTES: '["nats://a:6222"]',
  };
  for (const file of ['single.conf', 'cluster.conf']) {
    const { code, out } = await run(natsServer, ['-t', '-c', `deploy/nats/${file}`], env);
    assert.is(code, 0, out);
  }
});

test('three servers as configured: production; host and worker work under their roles', async () => {
  const ports = await Promise.all(Array.from({ length: 9 }, freePort));
  const routes = ports.slice(6).map((port) => `nats://127.0.0.1:${port}`);
  const nodes = [0, 1, 2].map((index) =>
    start(natsServer, ['-c', 'deploy/nats/cluster.conf'], {
      ...PASSWORDS,
      NATS_NAME: `nats-${index + 1}`,
      NATS_PORT: ports[index],
      NATS_MONITOR: `127.0.0.1:${ports[index + 3]}`,
      NATS_CLUSTER: `127.0.0.1:${ports[index + 6]}`,
      NATS_STORE: join(folder, `n${index}`),
      NATS_ROUTES: JSON.stringify(routes),
    }),
  );
  const servers = ports.slice(0, 3).map((port) => `nats://127.0.0.1:${port}`);
  const monitors = ports.slice(3, 6).map((port) => `http://127.0.0.1:${port}`);
  const as = (user: string, role: string): Record<string, string> => ({
    PAWL_SERVER: servers.join(),
    PAWL_SERVERS: servers.join(),
    PAWL_USER: user,
    PAWL_PASSWORD: `${role}-secret`,
    PAWL_INBOX_PREFIX: `_INBOX_${user}`,
  });
  // First as a host would do it, then raised in place.
  for (const words of [['provision'], ['provision', '--replicas', '3']])
    await eventually(words.join(' '), async () => {
      const { code } = await pawl(words, as('admin', 'admin'));
      return code === 0 ? true : undefined;
    });
  const healthPort = await freePort();
  const main = [...process.execArgv, 'services/openstack/src/main.ts'];
  start(
    process.execPath,
    [...main, '--host-only', '--no-provision', '--health-port', String(healthPort)],
    as('openstack-host', 'host'),
  );
  await eventually('readiness', async () => {
    const { status } = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
    return status === 200 ? true : undefined;
  });
  // A worker may not create its queue: its host has done that.
  start(process.execPath, [...main, '--worker-only'], {
    ...as('openstack-worker', 'worker'),
    OS_AUTH_URL: simulator.identityUrl,
    OS_USERNAME: simulator.username,
    OS_PASSWORD: simulator.password,
    OS_PROJECT_NAME: simulator.projectName,
  });
  const connection = await connect({
    servers,
    user: 'portal',
    pass: 'client-secret',
    inboxPrefix: '_INBOX_portal',
  });
  const client = openClient({ connection, name: 'portal' });
  const vol = client.actor(volume, 'vol-1');
  await vol.create({ id: 'vol-1', name: 'data', sizeGiB: 1 });
  await vol.waitFor((state) => state.matches('ok'), { timeoutMs: 30_000 });
  await client.close();
  await connection.close();

  const operator = as('operator', 'operator');
  // Replicas that were raised just now may still catch up.
  let lastLook = '';
  await eventually('a clean bill of health', async () => {
    const { code, out } = await pawl(['doctor', '--monitor', monitors.join()], operator);
    lastLook = out;
    return code === 0 ? true : undefined;
  }).catch((error: unknown) => assert.unreachable(`${String(error)}\n${lastLook}`));
  assert.match(lastLook, /^verdict\tproduction\tnothing is broken/);

  // A server that is away: found, named, and gone once it is back.
  await stop(nodes[2] as ChildProcess);
  const left = monitors.slice(0, 2).join();
  const away = await eventually('the finding', async () => {
    const { code, out } = await pawl(['doctor', '--monitor', left], operator);
    return code === 1 && out.includes('replica-behind') ? out : undefined;
  });
  assert.match(away, /^broken\treplica-behind\tserver nats-3 is away/m);
  assert.match(away, /^verdict\tproduction/m);
});

test.run();
