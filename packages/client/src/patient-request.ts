// A request that may reach a host that hangs: asked again meanwhile, and the first answer counts.
import { PawlError, type BusMessage, type Clock, type Ports, type Stoppable } from '@pawl/core';

/** Between two requests. Of two hosts with one frozen, nine of ten questions need four at most. */
const PATIENCE_MS = 1000;

/** Is this "nobody is there", as opposed to a refusal? */
export const isAbsence = (error: unknown): error is PawlError =>
  error instanceof PawlError && (error.code === 'no-answer' || error.code === 'no-connection');

/**
 * Asks, and after a while asks again without giving the first one up: the broker hands each to
 * another member of the queue group, and one of them may be frozen or cut off. Rejects when none
 * can be answered any more, with what the last one met, or with anything that is no absence.
 */
export const requestPatiently = (
  bus: Ports['bus'],
  clock: Clock,
  subject: string,
  body: Uint8Array,
  timeoutMs: number,
): Promise<BusMessage> =>
  new Promise((resolve, reject) => {
    const endsAt = clock.now() + timeoutMs;
    let open = 0;
    let again: Stoppable | undefined;
    const end = (): void => {
      again?.stop();
      open = Number.NEGATIVE_INFINITY;
    };
    const send = (): void => {
      const left = Math.max(1, endsAt - clock.now());
      open += 1;
      if (PATIENCE_MS < left) again = clock.after(PATIENCE_MS, send);
      bus.request(subject, body, { timeoutMs: left }).then(
        (message) => {
          end();
          resolve(message);
        },
        (error: unknown) => {
          open -= 1;
          if (open > 0 && isAbsence(error)) return;
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    };
    send();
  });
