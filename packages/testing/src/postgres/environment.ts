// What the environment says about PostgreSQL: a server to use, where programs are, where to cache.
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** URL of a server to use instead of starting one; its user may create databases. */
export const serverFromEnvironment = (): string | undefined =>
  process.env['PAWL_POSTGRES'] || undefined;

const DEBIAN = '/usr/lib/postgresql';

/** Folders of Debian's packages, newest first: they are not on PATH. */
const debianFolders = (): readonly string[] => {
  try {
    return readdirSync(DEBIAN)
      .toSorted((left, right) => Number(right) - Number(left))
      .map((version) => join(DEBIAN, version, 'bin'));
  } catch {
    return []; // Not Debian.
  }
};

/** Where PostgreSQL's programs may be: the folders of PATH, then those of Debian's packages. */
export const programFolders = (): readonly string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean),
  ...debianFolders(),
];

/**
 * Where a fetched PostgreSQL is kept. PostgreSQL does not run as root, and whoever stands in
 * cannot look into root's home: for root it is the cache of the whole machine.
 */
export const postgresCacheFolder = (): string => {
  const named = process.env['XDG_CACHE_HOME'] || process.env['LOCALAPPDATA'];
  const own = process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
  return join(named || own, 'pawl', 'embedded-postgres');
};
