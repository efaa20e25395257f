// What a state needs and the states before it have found out.

/** The value. Throws when it is not known: an empty id must not reach the cloud. */
export const known = <Value>(what: string, value: Value | undefined): Value => {
  if (value === undefined)
    throw new Error(`${what} is not known in a state that needs it: set the state with it.`);
  return value;
};
