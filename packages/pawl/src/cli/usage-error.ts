// The command line is wrong: what is wrong with it, and where the help is.

/** Thrown before anything is done. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
  readonly code = 'usage';
}
