// What Pawl and the floor have to agree on: service, type and how many commands there are.

/** The service that owns the type, and whose worker serves the commands. */
export const SERVICE = 'bench';

/** The type of the actors. */
export const TYPE = 'resource';

/** Commands of one lifecycle, one after the other. */
export const COMMANDS_EACH = 3;
