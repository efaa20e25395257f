// How an actor inside has ended, restored from a state.
import { copyData } from '../json-data.ts';

/** What a snapshot says of the end of its actor. */
interface End {
  readonly output?: unknown;
  readonly error?: unknown;
}

/**
 * Both fields, as XState's snapshots have them. Copies, as of a context: identity of objects and
 * what arrays have beside their items must not depend on where the state came from.
 */
export const restoredEnd = ({ output, error }: End): { output: unknown; error: unknown } => ({
  output: copyData(output),
  error: copyData(error),
});
