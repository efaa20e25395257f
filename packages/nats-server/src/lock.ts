// A lock between processes (one fetches, others wait): a folder with one owner file in it.
// Taking it is one rename of a filled folder; taking it over from a dead owner is one rename of the
// owner file. Both are atomic, so neither can be won twice.
import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const BEAT_MS = 2_000;
/** An owner that we cannot ask for by pid is given up after this long without a beat. */
const SILENCE_MAX_MS = 30_000;

/** A lock that is held. */
export interface Lock {
  /** Gives the lock back. */
  release(): Promise<void>;
}

/** Who waits is told who holds the lock. */
export interface LockOptions {
  readonly onWait?: (owner: string) => void;
  /** Called when the owner is seen to live. What it throws ends the waiting. */
  readonly onAlive?: (owner: string) => void;
}

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** The result of an attempt, or undefined when another process was first. */
const unlessRaced = async <Result>(attempt: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await attempt;
  } catch (error) {
    // Windows answers EPERM or EACCES where others say that the target exists.
    if (hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES')) return undefined;
    throw error;
  }
};

const createToken = (): string =>
  `${process.pid}@${hostname().replaceAll('@', '-')}@${randomBytes(6).toString('hex')}`;

const isDead = (owner: string): boolean => {
  const [pid, host] = owner.split('@');
  if (host !== hostname().replaceAll('@', '-')) return false; // Its beats must tell.
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return hasCode(error, 'ESRCH');
  }
};

const ownerOf = async (folder: string): Promise<string | undefined> =>
  (await unlessRaced(readdir(folder)))?.[0];

const tryTake = async (folder: string, token: string): Promise<boolean> => {
  const filled = `${folder}.${token}`;
  await mkdir(filled);
  await writeFile(join(filled, token), '');
  if ((await unlessRaced(rename(filled, folder).then(() => true))) ?? false) return true;
  await rm(filled, { recursive: true });
  return false;
};

const tryTakeOver = async (folder: string, owner: string, token: string): Promise<boolean> =>
  (await unlessRaced(rename(join(folder, owner), join(folder, token)).then(() => true))) ?? false;

/** Watches for the next change of the lock, for one beat at most: a dead owner is silent. */
const watchLock = (folder: string): { next: Promise<void>; close: () => void } => {
  const watcher = watch(dirname(folder));
  let timer: NodeJS.Timeout | undefined;
  const next = new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, BEAT_MS);
    watcher.on('error', reject);
    watcher.on('change', (_kind, name) => {
      if (name === null || String(name) === basename(folder)) resolve();
    });
  });
  return {
    next,
    close: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
};

/** Waits until the owner has let go (then undefined) or has to be taken as dead (then its name). */
const waitFor = async (
  folder: string,
  owner: string,
  { onAlive }: LockOptions,
): Promise<string | undefined> => {
  let lastBeat: number | undefined;
  let heardAt = performance.now();
  for (;;) {
    const change = watchLock(folder); // Before the look, so that no change falls between the two.
    try {
      const beat = (await unlessRaced(stat(join(folder, owner))))?.mtimeMs;
      if (beat === undefined) return undefined;
      if (lastBeat !== undefined && beat !== lastBeat) onAlive?.(owner);
      if (beat !== lastBeat) heardAt = performance.now();
      lastBeat = beat;
      if (isDead(owner) || performance.now() - heardAt > SILENCE_MAX_MS) return owner;
      await change.next;
    } finally {
      change.close();
    }
  }
};

const hold = (folder: string, token: string): Lock => {
  const beat = setInterval(() => {
    const now = new Date(performance.timeOrigin + performance.now());
    // A beat that is not written is a missed beat: those who wait judge by their absence.
    utimes(join(folder, token), now, now).catch(() => clearInterval(beat));
  }, BEAT_MS).unref();
  return {
    async release() {
      clearInterval(beat);
      const freed = `${folder}.${token}`;
      if (await unlessRaced(stat(join(folder, token)))) {
        await rename(folder, freed);
        await rm(freed, { recursive: true });
      }
    },
  };
};

/** Takes the lock that the folder stands for; waits while another process holds it. */
export const acquireLock = async (folder: string, options: LockOptions = {}): Promise<Lock> => {
  await mkdir(dirname(folder), { recursive: true });
  const token = createToken();
  let toldOf: string | undefined;
  for (;;) {
    if (await tryTake(folder, token)) return hold(folder, token);
    const owner = await ownerOf(folder);
    if (owner === undefined) continue;
    if (owner !== toldOf && !isDead(owner)) options.onWait?.(owner);
    toldOf = owner;
    const dead = await waitFor(folder, owner, options);
    if (dead !== undefined && (await tryTakeOver(folder, dead, token))) return hold(folder, token);
  }
};
