// The schedules of a test in which hosts are killed, and the command that they run.
import { schedule, type Schedule } from '@pawl/core';
import { command } from 'pawl';
import { z } from 'zod';

/** Takes longer than a tick. */
export const work = command({
  name: 'work',
  service: 'shop',
  job: true,
  input: z.object({ name: z.string() }),
  output: z.object({}),
});

/** Two whose ticks are told once more, and two that share a key. */
export const schedules: readonly Schedule[] = [
  { name: 'steady', overlap: 'skip', catchUp: 'latest' },
  { name: 'queue', overlap: 'buffer-one', catchUp: '3s' },
  { name: 'one', key: 'both' },
  { name: 'other', key: 'both' },
].map(({ name, key, ...policy }) =>
  schedule({
    name,
    cron: '* * * * * *',
    target: { command: work, input: { name: key ?? name }, ...(key !== undefined && { key }) },
    ...(policy as { readonly overlap?: 'skip' | 'buffer-one'; readonly catchUp?: 'latest' | '3s' }),
  }),
);
