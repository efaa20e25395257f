// Compare-and-set on a subject: the broker's headers for it.
import type { Headers } from '@pawl/core';

/** Last sequence of the subject that the publisher expects; 0 means that there is none. */
export const EXPECTED_SEQUENCE = 'Nats-Expected-Last-Subject-Sequence';
const EXPECTED_SUBJECT = `${EXPECTED_SEQUENCE}-Subject`;

/** Has the broker checked that the message was the first on its own subject? */
export const wasExpectedFirst = (headers: Headers): boolean =>
  headers[EXPECTED_SEQUENCE] === '0' && headers[EXPECTED_SUBJECT] === undefined;
