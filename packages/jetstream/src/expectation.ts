// Compare-and-set on a subject: the broker's headers for it.

/** Last sequence of the subject that the publisher expects; 0 means that there is none. */
export const EXPECTED_SEQUENCE = 'Nats-Expected-Last-Subject-Sequence';
