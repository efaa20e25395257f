// startRelay(): publishes what committed transactions have left in the outbox.
import { errorFields, isDoneWithin, limitLog, PawlError, silentLog, systemClock } from '@pawl/core';
import type { Clock, Log, Ports } from '@pawl/core';
import { withSession, type Database } from '../database.ts';
import { createRecordFinder } from '../machine-records.ts';
import { migrate, readIdentity } from '../migrate.ts';
import { watchSession, type ConfirmedSession } from './confirmed-session.ts';
import { followRefusals } from './follow-refusals.ts';
import type { PublishContext } from './publish-row.ts';
import { RelaySession } from './relay-session.ts';
import type { SettledRow } from './settle-rows.ts';
import { createBell } from '../bell.ts';

/** Options of `startRelay`. */
export interface RelayOptions {
  readonly ports: Pick<Ports, 'journal' | 'registry' | 'deadLetters' | 'bus' | 'subjects'>;
  /** The database that has the outbox. Connections of it must not go through a pooler. */
  readonly database: Database;
  /** Create or update the outbox's tables first. Default false: `pawl outbox migrate` does. */
  readonly migrate?: boolean;
  /** How often it looks without being told, ms: a net for lost notifications. Default 5,000. */
  readonly pollMs?: number;
  /** How long `stop` waits for what is on its way, ms. Default 5,000. */
  readonly stopMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Called with each line; of trouble that repeats, with a count. Default: silence. */
  readonly log?: Log;
}

/** What a relay has done since it started. */
export interface RelayCounters {
  /** Rows that are in the journal. */
  readonly published: number;
  /** Rows that the broker, the journal or a host has refused. */
  readonly refused: number;
}

/** A running relay. */
export interface Relay {
  readonly counters: RelayCounters;
  /** Its share of the sixteen lanes; empty while there is no database. */
  readonly lanes: readonly number[];
  /**
   * Finishes what is on its way and gives its lanes to the others. Ends within `stopMs` and a
   * second: what is left stays in the database.
   */
  stop(): Promise<void>;
}

const POLL_MS = 5_000;
const STOP_MS = 5_000;
/** For a connection to the database to close. */
const CLOSE_MS = 1_000;
const OPEN_AGAIN_MIN_MS = 100;
const OPEN_AGAIN_MAX_MS = 5_000;

/** The version that a new actor gets; undefined when nobody can tell yet: the holder decides. */
const createVersionFinder = (registry: Ports['registry']): PublishContext['versionFor'] => {
  const find = createRecordFinder(registry);
  return async (type) => {
    try {
      return (await find(type))?.at(-1)?.version;
    } catch (error) {
      if (error instanceof PawlError) return undefined;
      throw error;
    }
  };
};

/**
 * Starts a relay. Any number of them may run: they share the work, and each actor has one at a
 * time. Throws `outbox-missing` and what the driver says when the database cannot be opened at
 * first; later it is opened again and again.
 */
export const startRelay = async (options: RelayOptions): Promise<Relay> => {
  const { ports, database, pollMs = POLL_MS, stopMs = STOP_MS } = options;
  const { clock = systemClock } = options;
  const log = limitLog(options.log ?? silentLog, clock);
  const versionFor = createVersionFinder(ports.registry);
  const counters = { published: 0, refused: 0 };
  const bell = createBell(clock);
  const letterBell = createBell(clock);
  let isStopping = false;
  let current: { readonly relay: RelaySession; readonly session: ConfirmedSession } | undefined;

  const onSettled = (settled: readonly SettledRow[]): void => {
    const refused = settled.filter(({ refusal }) => refusal !== undefined).length;
    counters.refused += refused;
    counters.published += settled.length - refused;
  };

  /** One session, from its opening to its end. Throws what ended it. */
  const runSession = async (): Promise<void> => {
    const session = watchSession(await database.open(), clock, () => {
      bell.ring();
      letterBell.ring();
    });
    let follower: Promise<void> | undefined;
    const relay = new RelaySession({
      ...{ session, clock, log, pollMs, bell, onSettled },
      isStopping: () => isStopping,
      publishing: { ports, versionFor },
      onFirstLane: (outboxId) => {
        follower ??= followRefusals({
          ...{ ports, session, clock, log, outboxId, pollMs, bell: letterBell },
          isCurrent: () => session.isOpen && relay.lanes.includes(0) && !isStopping,
          onRefused: () => (counters.refused += 1),
        }).finally(() => (follower = undefined));
      },
    });
    current = { relay, session };
    try {
      await relay.run();
    } finally {
      current = undefined;
      await session.close();
      await follower;
    }
  };

  const work = async (): Promise<void> => {
    for (let failures = 0; !isStopping; failures += 1) {
      const openedAt = clock.now();
      try {
        await runSession();
      } catch (error) {
        if (error instanceof PawlError && error.code === 'closed') {
          log('error', 'The relay ends: its connection to the broker has been closed');
          return;
        }
        log('warn', 'The relay opens its database again', errorFields(error));
      }
      if (clock.now() - openedAt > OPEN_AGAIN_MAX_MS) failures = 0;
      const ms = Math.min(OPEN_AGAIN_MIN_MS * 2 ** failures, OPEN_AGAIN_MAX_MS);
      if (!isStopping) await bell.wait(ms);
    }
  };

  if (options.migrate === true) await migrate(database);
  await withSession(database, readIdentity);
  const letters = ports.bus.subscribe(`${ports.subjects.prefix}.dead-letter.*`, () =>
    letterBell.ring(),
  );
  const working = work();
  return {
    counters,
    get lanes() {
      return current?.relay.lanes ?? [];
    },
    stop: async () => {
      isStopping = true;
      bell.ring();
      letterBell.ring();
      // What cannot be published now stays in the database for the next relay.
      const limit = clock.after(stopMs, () => void current?.session.close());
      if (!(await isDoneWithin(clock, stopMs + CLOSE_MS, working)))
        log('warn', 'The relay leaves a database that does not answer', { stopMs });
      limit.stop();
      letters.stop();
    },
  };
};
