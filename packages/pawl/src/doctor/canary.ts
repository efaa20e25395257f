// A timer of the doctor's own: armed, fired by the broker, and awaited in the journal.
import { encodeJson, PawlError, type ActorAddress, type Clock, type Ports } from '@pawl/core';
import type { CanaryOutcome } from './facts.ts';

/** No host owns this type: the entry that the timer becomes is read by nobody. */
export const CANARY: ActorAddress = { type: 'pawl-doctor', id: 'canary' };

/** The server batches timers for a quarter of a second. */
const WAIT_MS = 6000;

/** Another one each time, in the form that generations have. */
const generationOf = (now: number): string => `0-0-${now.toString(36).padStart(8, '0').slice(-8)}`;

/** Arms a timer that is due now, and waits until the journal has it. */
export const tryCanary = async (ports: Ports, clock: Clock): Promise<CanaryOutcome> => {
  const generation = generationOf(clock.now());
  const { bus, subjects, timers } = ports;
  const armedAt = clock.now();
  let found: (outcome: CanaryOutcome) => void = () => undefined;
  const outcome = new Promise<CanaryOutcome>((resolve) => (found = resolve));
  const subscription = bus.subscribe(subjects.live(CANARY, 'timer'), ({ body }) => {
    if (!Buffer.from(body).toString().includes(`"${generation}"`)) return;
    found({ kind: 'arrived', lateMs: clock.now() - armedAt });
  });
  const waiting = clock.after(WAIT_MS, () => found({ kind: 'lost', waitedMs: WAIT_MS }));
  try {
    await bus.flush();
    const body = encodeJson({ key: 'canary', generation });
    await timers.arm({ actor: CANARY, generation, dueAt: armedAt, body });
    return await outcome;
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    const kind = error.code === 'not-authorized' ? 'forbidden' : 'unstored';
    return { kind, message: error.message };
  } finally {
    waiting.stop();
    subscription.stop();
  }
};
