// What a log says about the connection: that it is lost, and that it is back.
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Bus, BusSubscription } from './ports/bus.ts';

/** One line when the connection is lost, however many things miss it, and one when it is back. */
export const logConnection = (bus: Bus, clock: Clock, log: Log): BusSubscription => {
  let lostAt: number | undefined;
  return bus.onConnection((state) => {
    if (state === 'disconnected' && lostAt === undefined) {
      lostAt = clock.now();
      log('warn', 'The connection to the broker is lost: trying again until it is back');
    }
    if (state === 'connected' && lostAt !== undefined) {
      log('info', 'The connection to the broker is back', { awayMs: clock.now() - lostAt });
      lostAt = undefined;
    }
  });
};

/** How loud is trouble with what is pulled? A lost connection has been told already. */
export const troubleLevel = (error: Error): 'debug' | 'warn' =>
  'code' in error && error.code === 'no-connection' ? 'debug' : 'warn';
