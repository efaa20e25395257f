// Holds everything that a recorder saw against the JSON Schemas of the wire.
import { validateWire } from '../wire-validator.ts';
import type { Recorder } from './recorder.ts';

/**
 * Validates every recorded message that has a body. Returns how many; throws at the first bad one.
 */
export const validateRecorded = (recorder: Recorder): number => {
  let checked = 0;
  for (const { subject, body } of recorder.messages()) {
    if (body.length === 0) continue; // A timer that is disarmed.
    validateWire(subject, body);
    checked += 1;
  }
  return checked;
};
