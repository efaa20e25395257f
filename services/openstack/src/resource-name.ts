// Names that follow from the actor: what makes a repeated create find what the first one made.

/** Name of an actor's resource in the cloud. Deterministic, so that it can be looked up. */
export const resourceName = (actorId: string): string => `pawl-${actorId}`;
