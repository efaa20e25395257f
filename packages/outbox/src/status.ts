// How an outbox is: what waits, since when, who relays, and what was refused.
import { withSession, type Database } from './database.ts';
import { readIdentity } from './migrate.ts';
import { LANES, readCrew } from './relay/lanes.ts';

/** The state of an outbox. */
export interface OutboxStatus {
  readonly id: string;
  readonly version: number;
  /** Committed rows that are not in the journal yet, as far as is known. */
  readonly waiting: number;
  /** Age of the oldest of them, ms. */
  readonly oldestMs?: number;
  /** Refused rows that nobody has redriven. */
  readonly refused: number;
  /** Relays that have a connection to the database now. */
  readonly relays: number;
  /** Lanes that no relay has; their rows wait. */
  readonly lanesFree: number;
}

const STATUS = `
SELECT
  (SELECT count(*) FROM pawl.outbox) AS waiting,
  (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) * 1000 FROM pawl.outbox)
    AS oldest_ms,
  (SELECT count(*) FROM pawl.outbox_refused WHERE redriven_as IS NULL) AS refused`;

/** Reads the state. Throws `outbox-missing`. */
export const readStatus = (database: Database): Promise<OutboxStatus> =>
  withSession(database, async (session) => {
    const { id, version } = await readIdentity(session);
    const [row] = await session.execute(STATUS, []);
    const { relays, taken } = await readCrew(session);
    const oldest = row?.['oldest_ms'] ?? null;
    return {
      id,
      version,
      waiting: Number(row?.['waiting']),
      ...(oldest !== null && { oldestMs: Math.round(Number(oldest)) }),
      refused: Number(row?.['refused']),
      relays,
      lanesFree: LANES - taken.size,
    };
  });
