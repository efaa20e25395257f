// The one place of this package that reads the environment: where programs and caches are.
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The folders of PATH, in order. */
export const searchFolders = (): readonly string[] =>
  (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);

/** Where fetched servers are kept unless an option says otherwise. */
export const defaultCacheFolder = (): string => {
  const base = process.env['XDG_CACHE_HOME'] || process.env['LOCALAPPDATA'];
  return join(base || join(homedir(), '.cache'), 'pawl', 'nats-server');
};

/** The environment of a child process: ours, with some variables changed. */
export const environmentWith = (changes: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...changes,
});
