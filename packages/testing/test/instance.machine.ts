// An instance with a remote volume: what the tests of children act with.
import { command, remote } from '@pawl/core';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import type { volume } from './volume.machine.ts';

const bootServer = command({
  name: 'boot-server',
  service: 'compute',
  input: z.object({ volume: z.string() }),
  output: z.object({ serverId: z.string() }),
});

interface InstanceContext {
  serverId?: string;
  backendId?: string;
  error?: string;
}

const noContext: InstanceContext = {};

/** An instance: first its volume, an actor of its own; then the server. */
export const instance = setup({
  types: { context: noContext },
  actors: { bootServer, disk: remote<typeof volume>('volume') },
}).createMachine({
  id: 'instance',
  version: '1',
  initial: 'creatingVolume',
  context: noContext,
  states: {
    creatingVolume: {
      invoke: {
        id: 'disk',
        src: 'disk',
        input: { id: 'vol-7', input: { name: 'root', sizeGiB: 8 } },
        onDone: {
          target: 'booting',
          actions: assign({ backendId: ({ event }) => event.output.backendId ?? '' }),
        },
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => String(event.error) }),
        },
      },
    },
    booting: {
      invoke: {
        id: 'boot',
        src: 'bootServer',
        input: ({ context }) => ({ volume: context.backendId ?? '' }),
        onDone: {
          target: 'ok',
          actions: assign({ serverId: ({ event }) => event.output.serverId }),
        },
        onError: 'erred',
      },
    },
    ok: {},
    erred: {},
  },
});
