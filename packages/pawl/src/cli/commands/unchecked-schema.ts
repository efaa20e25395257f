// A schema that takes everything: for contracts that are known by name only. The worker validates.
import type { Schema } from '@pawl/core';

/** Takes any value as it is. */
export const uncheckedSchema: Schema = {
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value }) },
};
