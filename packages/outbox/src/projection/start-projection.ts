// startProjection(): keeps a table of the user's database in step with the states of actors.
import { errorFields, limitLog, PawlError, silentLog, systemClock } from '@pawl/core';
import type { Clock, Log, Ports } from '@pawl/core';
import { withSession, type Database, type DatabaseSession } from '../database.ts';
import { readIdentity } from '../migrate.ts';
import { createBell, pause, type Bell } from '../bell.ts';
import { claimProjection } from './checkpoint.ts';
import { projectAll, projectPage, type StateSource } from './follow-states.ts';
import type { Projection } from './projection.ts';

/** Options of `startProjection`. */
export interface ProjectionRunOptions {
  readonly ports: Pick<Ports, 'snapshots' | 'bus' | 'subjects'>;
  /** The database that has the table and the outbox's schema. Not through a pooler. */
  readonly database: Database;
  readonly projection: Projection;
  /** How often it looks without being told, ms: notices of states may get lost. Default 5,000. */
  readonly pollMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Called with each line; of trouble that repeats, with a count. Default: silence. */
  readonly log?: Log;
}

/** A running projection. */
export interface RunningProjection {
  /** States written since it started. */
  readonly count: number;
  /**
   * Resolves when all that stood in the snapshots at the time of the call is in the table. Hosts
   * save snapshots within a second of a step. Rejects with `closed` when it is stopped before.
   */
  caughtUp(): Promise<void>;
  /** Writes the whole table anew, in one transaction. */
  rebuild(): Promise<void>;
  stop(): Promise<void>;
}

const POLL_MS = 5_000;
const GATHER_MS = 50;
const OPEN_AGAIN_MS = 1_000;

interface Wish {
  readonly what: 'catch-up' | 'rebuild';
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What one projection works with while it runs. */
interface Work {
  readonly options: ProjectionRunOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly bell: Bell;
  readonly isStopping: () => boolean;
  readonly takeWishes: () => Wish[];
  readonly putBack: (wishes: readonly Wish[]) => void;
  readonly onCount: (count: number) => void;
}

/** Does what was wished for, and reads on. Throws what the database says. */
const projectOn = async (source: StateSource, work: Work): Promise<void> => {
  const { isStopping, takeWishes, onCount } = work;
  const wishes = takeWishes();
  try {
    if (wishes.some(({ what }) => what === 'rebuild')) onCount(await projectAll(source));
    for (let hasMore = true; hasMore && !isStopping();) {
      const page = await projectPage(source);
      onCount(page.count);
      ({ hasMore } = page);
    }
    for (const { resolve } of wishes) resolve();
  } catch (error) {
    // A broker or a database that is away comes back: whoever waits goes on waiting.
    work.putBack(wishes);
    throw error;
  }
};

/** Follows with one session until it ends. Throws what ended it. */
const follow = async (session: DatabaseSession, work: Work): Promise<void> => {
  const { options, clock, log, bell, isStopping } = work;
  const { ports, projection, pollMs = POLL_MS } = options;
  await readIdentity(session);
  // Another process has it: this one stands by, and takes it when that one is gone.
  while (!isStopping() && !(await claimProjection(session, projection.name)))
    await bell.wait(pollMs);
  while (!isStopping()) {
    try {
      await projectOn({ session, ports, projection }, work);
      await bell.wait(pollMs);
    } catch (error) {
      if (!(error instanceof PawlError) || !error.retryable) throw error;
      log('info', `The projection ${projection.name} waits for the broker`, errorFields(error));
    }
    // Notices come one for each step; states are read for many of them at once.
    await pause(clock, GATHER_MS);
  }
};

/**
 * Starts a projection. Of several processes with the same one, one works and the others stand by.
 * Throws `outbox-missing` and what the driver says when the database cannot be opened at first;
 * later it is opened again and again.
 */
export const startProjection = async (
  options: ProjectionRunOptions,
): Promise<RunningProjection> => {
  const { ports, database, projection, clock = systemClock } = options;
  const log = limitLog(options.log ?? silentLog, clock);
  const bell = createBell(clock);
  const wishes: Wish[] = [];
  let isStopping = false;
  let session: DatabaseSession | undefined;
  const counted = { count: 0 };

  const work: Work = {
    ...{ options, clock, log, bell },
    isStopping: () => isStopping,
    takeWishes: () => wishes.splice(0),
    putBack: (again) => wishes.unshift(...again),
    onCount: (count) => (counted.count += count),
  };
  const run = async (): Promise<void> => {
    while (!isStopping) {
      try {
        session = await database.open();
        session.onEnd(() => bell.ring());
        await follow(session, work);
      } catch (error) {
        log(
          'warn',
          `The projection ${projection.name} opens its database again`,
          errorFields(error),
        );
        if (!isStopping) await bell.wait(OPEN_AGAIN_MS);
      } finally {
        await session?.close();
      }
    }
  };
  const wish = (what: Wish['what']): Promise<void> =>
    new Promise((resolve, reject) => {
      wishes.push({ what, resolve, reject });
      bell.ring();
    });

  await withSession(database, readIdentity);
  const subject = ports.subjects.state({ type: projection.type, id: '*' });
  const notices = ports.bus.subscribe(subject, () => bell.ring());
  const running = run();
  return {
    get count() {
      return counted.count;
    },
    caughtUp: () => wish('catch-up'),
    rebuild: () => wish('rebuild'),
    stop: async () => {
      isStopping = true;
      bell.ring();
      await running;
      notices.stop();
      for (const { reject } of wishes.splice(0))
        reject(new PawlError('closed', 'The projection was stopped meanwhile.'));
    },
  };
};
