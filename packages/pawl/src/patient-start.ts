// Starting while a cluster elects its leaders: tried again, for a bounded time.
import { errorFields, PawlError, silentLog, systemClock, type Clock, type Log } from '@pawl/core';
import { hasNoLeader } from '@pawl/jetstream';

/** An election takes a few seconds, a node that comes back with full disks some more. */
const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;

/** Who waits, and who is told. */
export interface PatientOptions {
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
}

/**
 * Starts something, again after 250 ms, twice as long each time, while the cluster has no leader
 * for what it needs. After 30 s, or for any other reason, it rejects.
 */
export const startPatiently = async <Started>(
  what: string,
  start: () => Promise<Started>,
  { clock = systemClock, log = silentLog }: PatientOptions,
): Promise<Started> => {
  const endsAt = clock.now() + PATIENCE_MS;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof PawlError) || !hasNoLeader(error)) throw error;
      if (clock.now() + waitMs > endsAt) throw givenUp(what, error);
      log('warn', `${what} failed and is tried again`, { ...errorFields(error), waitMs });
    }
    await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
  }
};

const givenUp = (what: string, error: PawlError): PawlError =>
  new PawlError(
    error.code,
    `${what} failed for ${PATIENCE_MS / 1000} s: ${error.message} See that a majority of the ` +
      'servers runs and that each stream has a leader (`pawl doctor`), then start again.',
    { details: error.details, cause: error },
  );
