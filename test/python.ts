// A Python with the packages that a file of requirements names, in a folder of the user's cache.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const INSTALL_MAX_MS = 150_000;

/** Is there a Python that is new enough? Says so when there is none. */
const hasPython = async (oldest: string): Promise<boolean> => {
  const question = `import sys, venv; assert sys.version_info >= (${oldest.replace('.', ', ')})`;
  try {
    await run('python3', ['-c', question]);
    return true;
  } catch (error) {
    console.log(`  no Python >= ${oldest} with venv: ${String(error).split('\n')[0]}`);
    return false;
  }
};

/**
 * A Python that has the requirements: made once, and kept. Undefined without any Python; a Python
 * that cannot get its packages is an error.
 */
export const openPython = async (
  requirements: string,
  oldest: string,
): Promise<string | undefined> => {
  if (!(await hasPython(oldest))) return undefined;
  const { stdout: version } = await run('python3', ['--version']);
  const hash = createHash('sha256').update(version).update(readFileSync(requirements));
  const cache = join(homedir(), '.cache', 'pawl', 'python');
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  const [made, python] = [join(folder, '.made'), join(folder, 'bin', 'python')];
  if (existsSync(made)) return python;
  // A venv has its own path in its files, so it is made in its place; the mark comes last.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(python, [...words, '-r', requirements], { timeout: INSTALL_MAX_MS });
  mkdirSync(made);
  return python;
};
