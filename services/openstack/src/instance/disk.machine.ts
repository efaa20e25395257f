// One disk of an instance: creates the volume as an actor of its own, notices if that is lost.
import { commandError, remote } from 'pawl';
import { sendParent, setup } from 'xstate';
import type { InputFrom } from 'xstate';
import type { volume } from '../volume/volume.machine.ts';
import type { DiskNews } from './instance-data.ts';

/**
 * Runs inside the instance, one for each disk. The volume tells the instance itself how it is
 * getting on; only what it cannot tell comes from here.
 */
export const disk = setup({
  types: {
    input: {} as InputFrom<typeof volume>,
    context: {} as InputFrom<typeof volume>,
  },
  actors: { volume: remote<typeof volume>('volume') },
}).createMachine({
  id: 'disk',
  initial: 'living',
  context: ({ input }) => input,
  states: {
    living: {
      invoke: {
        id: 'volume',
        src: 'volume',
        input: ({ context }) => ({ id: context.id, input: context }),
        onDone: 'gone',
        onError: {
          target: 'lost',
          actions: sendParent(({ context, event }): DiskNews => ({
            type: 'VOLUME_LOST',
            volume: context.id,
            error: commandError(event),
          })),
        },
      },
    },
    gone: { type: 'final' },
    lost: { type: 'final' },
  },
});
