// The dependency direction that ARCHITECTURE.md draws, as a test: between packages and inside them.
import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importsOf, listFiles, readSource } from './sources.ts';

/** Which packages of ours each may import. One that is missing here fails the test. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'packages/core': [],
  'packages/nats-server': [],
  'packages/jetstream': ['@pawl/core'],
  'packages/host': ['@pawl/core'],
  'packages/worker': ['@pawl/core'],
  'packages/client': ['@pawl/core'],
  'packages/outbox': ['@pawl/core'],
  'packages/testing': ['@pawl/core', '@pawl/host', '@pawl/worker', '@pawl/client'],
  'packages/pawl': [
    ...['@pawl/core', '@pawl/jetstream', '@pawl/nats-server', '@pawl/host'],
    ...['@pawl/worker', '@pawl/client', '@pawl/outbox'],
  ],
  'services/openstack-simulator': [],
  'services/openstack': ['pawl'],
  'services/demo': ['pawl', '@pawl/openstack', '@pawl/openstack-simulator'],
  'services/bench': ['pawl', '@pawl/outbox', '@pawl/testing'],
  'services/relay': ['pawl', '@pawl/outbox'],
};

/** The only sources that may speak to the broker without our packages. */
const MAY_IMPORT_NATS =
  /^(packages\/(jetstream|nats-server)\/|services\/bench\/src\/floor[^/]*\.ts$)/;

interface Manifest {
  readonly name: string;
  readonly exports?: Record<string, unknown>;
  readonly dependencies?: Record<string, string>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readSource(`${folder}/package.json`)) as Manifest;

const folders = ['packages', 'services'].flatMap((parent) =>
  readdirSync(parent).map((name) => `${parent}/${name}`),
);
const manifests = new Map(folders.map((folder) => [folder, manifestOf(folder)]));
const ours = new Map([...manifests].map(([folder, { name }]) => [name, folder]));

/** `@scope/name/sub` → `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const isOutside = (specifier: string): boolean => !/^(\.|node:)/.test(specifier);

const sourcesOf = (folder: string): string[] => listFiles(`${folder}/src/**.ts`);

const neighboursOf = (path: string): string[] =>
  importsOf(path)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(path), specifier));

/** The first cycle that is met, as a list of files that begins and ends with the same one. */
const findCycle = (paths: readonly string[]): readonly string[] => {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] => {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    if (done.has(path) || !paths.includes(path)) return [];
    for (const next of neighboursOf(path)) {
      const cycle = visit(next, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  };
  for (const path of paths) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
};

const test = suite('architecture');

for (const [folder, manifest] of manifests) {
  const mayImport = MAY_IMPORT[folder] ?? [];
  const dependencies = manifest.dependencies ?? {};

  test(`${folder} imports only what it may`, () => {
    assert.ok(folder in MAY_IMPORT, `${folder} is not in the map`);
    const faults: string[] = [];
    for (const path of sourcesOf(folder))
      for (const specifier of importsOf(path).filter(isOutside)) {
        const name = packageOf(specifier);
        const subpath = `.${specifier.slice(name.length)}`;
        const owner = ours.get(name);
        if (owner !== undefined && !mayImport.includes(name)) faults.push(`${path}: ${specifier}`);
        if (owner !== undefined && !(subpath in (manifests.get(owner)?.exports ?? {})))
          faults.push(`${path}: ${specifier} is no declared export of ${name}`);
        if (!(name in dependencies)) faults.push(`${path}: ${name} is not in package.json`);
        if (/^(nats$|@nats-io\/)/.test(name) && !MAY_IMPORT_NATS.test(path))
          faults.push(`${path}: only packages/jetstream speaks to the broker, not ${specifier}`);
      }
    assert.equal(faults, []);
  });

  test(`${folder} declares what it may import, and builds after it`, () => {
    const declared = Object.keys(dependencies).filter((name) => ours.has(name));
    assert.equal(
      declared.filter((name) => !mayImport.includes(name)),
      [],
    );
    const { references = [] } = JSON.parse(readSource(`${folder}/tsconfig.json`)) as {
      references?: { path: string }[];
    };
    assert.equal(
      references.map(({ path }) => posix.join(folder, path)).toSorted(),
      declared.map((name) => ours.get(name) ?? name).toSorted(),
      `${folder}/tsconfig.json: references and dependencies must be the same packages`,
    );
    for (const [name, version] of Object.entries(dependencies))
      assert.is(version, ours.has(name) || name.startsWith('@pawl/') ? 'workspace:*' : 'catalog:');
  });

  test(`${folder} has no import cycle, and no import around a package's door`, () => {
    const paths = sourcesOf(folder);
    assert.is(findCycle(paths).join(' → '), '');
    const faults = paths.flatMap((path) =>
      neighboursOf(path)
        .filter((other) => !paths.includes(other) || other === `${folder}/src/index.ts`)
        .map((other) => `${path}: ${other}`),
    );
    assert.equal(faults, [], 'missing, outside of src, or the index instead of the file itself');
  });
}

test('the map itself has an order', () => {
  const visit = (name: string, trail: readonly string[]): void => {
    assert.not(trail.includes(name), [...trail, name].join(' → '));
    for (const next of MAY_IMPORT[ours.get(name) ?? ''] ?? []) visit(next, [...trail, name]);
  };
  for (const name of ours.keys()) visit(name, []);
  assert.equal(Object.keys(MAY_IMPORT).toSorted(), [...folders].toSorted());
});

test.run();
