// One write to the socket for all that is published in one turn of the event loop.
import type { NatsConnection } from 'nats';

/** From so many bytes on, waiting saves nothing any more. */
const FULL_BYTES = 64 * 1024;

/** What the client holds inside. */
interface Inside {
  readonly protocol?: {
    readonly outbound?: { size(): number };
    flushPending?: () => void;
  };
}

/**
 * The client writes in the next microtask, so whatever is published after a promise has a write of
 * its own: a system call here, another in the server, and a wake-up of whoever gets the message.
 * This lets a turn of the event loop end first. Returns the way to write at once.
 */
export const gatherWrites = (nats: NatsConnection): (() => void) => {
  const { protocol } = nats as unknown as Inside;
  const { outbound, flushPending } = protocol ?? {};
  // With another inside the client goes its own way, which is right as well.
  if (protocol === undefined || outbound === undefined || flushPending === undefined)
    return () => undefined;
  const write = (): void => flushPending.call(protocol);
  let isDue = false;
  protocol.flushPending = () => {
    if (outbound.size() >= FULL_BYTES) write();
    else if (!isDue) {
      isDue = true;
      setImmediate(() => {
        isDue = false;
        write();
      });
    }
  };
  return write;
};
