// A failure as a context keeps it.
import { z } from 'zod';

/** Why something went wrong. */
export const failure = z.object({
  code: z.string(),
  message: z.string(),
  attempt: z.number().optional(),
  retryable: z.boolean().optional(),
});
