// The life of a volume as a statechart. Its picture is in the README.
import { commandError } from 'pawl';
import { assign } from 'xstate';
import { known } from '../known.ts';
import { neverPulled } from '../pull.ts';
import { resourceName } from '../resource-name.ts';
import { removalFailed, targetOf, volumeSetup } from './volume-setup.ts';

/**
 * Shorter than the deadline of the command: until that, a success that comes too late is told as
 * `pawl.late.createVolume`, and what it made is removed.
 */
const REQUESTING_MS = 15 * 60_000;

/** Deletes what there is, by id or by name, and waits until it is gone. */
const removal = volumeSetup.createStateConfig({
  initial: 'requesting',
  states: {
    requesting: {
      invoke: {
        id: 'delete',
        src: 'deleteVolume',
        input: ({ context }) => targetOf(context),
        onDone: 'waiting',
        onError: {
          target: '#volume.erred',
          actions: assign(({ context, event }) => removalFailed(context, commandError(event))),
        },
      },
    },
    waiting: {
      invoke: {
        id: 'waitGone',
        src: 'waitVolumeGone',
        input: ({ context }) => targetOf(context),
        onDone: 'done',
        onError: {
          target: '#volume.erred',
          actions: assign(({ context, event }) => removalFailed(context, commandError(event))),
        },
      },
    },
    done: { type: 'final' },
  },
});

const notInTime = { code: 'deadline-exceeded', message: 'The volume was not created in time.' };

/** A create that was given up on has made a volume after all: it is removed as well. */
const keepLate = volumeSetup.createAction(
  assign(({ event }) =>
    event.type === 'pawl.late.createVolume' ? { backendId: event.output.backendId } : {},
  ),
);

/** A volume in OpenStack. Its actor type is `volume`. */
export const volume = volumeSetup.createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({
    ...input,
    settings: input.settings ?? 'default',
    operation: 'create',
    ...neverPulled,
    isLeaving: false,
  }),
  // Cinder deletes no volume that it is still creating, so leaving waits until it has settled.
  on: {
    DELETE: { actions: 'rememberLeaving' },
    'pawl.stop': { actions: 'rememberLeaving' },
    // While something else is under way, or a pull already, there is nothing to do.
    PULL: { actions: 'doNothing' },
    'pawl.late.pull': { actions: 'doNothing' },
  },
  states: {
    creating: {
      initial: 'queued',
      invoke: {
        id: 'place',
        src: 'place',
        input: ({ context }) => context,
        onError: {
          target: 'erred',
          actions: assign({ error: ({ event }) => commandError(event) }),
        },
      },
      states: {
        // However long the queue is: time counts from the grant on.
        queued: {
          on: {
            'pawl.granted.place': 'requesting',
            // Nothing has been asked of the cloud.
            DELETE: '#volume.gone',
            'pawl.stop': '#volume.gone',
          },
        },
        requesting: {
          after: {
            [REQUESTING_MS]: {
              target: '#volume.cleaningUp',
              actions: assign({ error: notInTime }),
            },
          },
          invoke: {
            id: 'create',
            src: 'createVolume',
            input: ({ context: { id, name, settings, sizeGiB, image } }) => ({
              settings,
              name: resourceName(id),
              displayName: name,
              sizeGiB,
              image,
            }),
            onDone: {
              target: 'waiting',
              actions: assign({ backendId: ({ event }) => event.output.backendId }),
            },
            onError: {
              target: '#volume.cleaningUp',
              actions: assign({ error: ({ event }) => commandError(event) }),
            },
          },
        },
        waiting: {
          invoke: {
            id: 'wait',
            src: 'waitVolume',
            input: ({ context: { settings, backendId } }) => ({
              settings,
              backendId: known('backendId', backendId),
            }),
            onDone: '#volume.ok',
            onError: {
              target: '#volume.cleaningUp',
              actions: assign({ error: ({ event }) => commandError(event) }),
            },
          },
        },
      },
    },
    ok: {
      tags: 'settled',
      entry: 'tellOk',
      always: { guard: 'isLeaving', target: 'deleting' },
      on: {
        DELETE: 'deleting',
        'pawl.stop': 'deleting',
        PULL: { guard: 'isNotPulling', actions: 'pull' },
        'xstate.done.actor.pull': { actions: 'keepPulled' },
        'xstate.error.actor.pull': { target: 'erred', actions: 'keepPullFailure' },
      },
      exit: 'stopPull',
    },
    cleaningUp: {
      ...removal,
      entry: 'beginCleanup',
      on: {
        'pawl.late.createVolume': { target: 'cleaningUp', reenter: true, actions: keepLate },
      },
      onDone: [{ guard: 'isLeaving', target: 'gone' }, { target: 'erred' }],
    },
    erred: {
      tags: 'settled',
      entry: 'tellErred',
      always: { guard: 'isLeaving', target: 'deleting' },
      on: {
        DELETE: 'deleting',
        'pawl.stop': 'deleting',
        'pawl.late.createVolume': { target: 'cleaningUp', actions: keepLate },
        PULL: { guard: 'isNotPulling', actions: 'pull' },
        'xstate.done.actor.pull': [
          { guard: 'isPullFailure', target: 'ok', actions: ['keepPulled', 'forgetFailure'] },
          { actions: 'keepPulled' },
        ],
        'xstate.error.actor.pull': { actions: 'keepPullFailure' },
      },
      exit: 'stopPull',
    },
    deleting: {
      ...removal,
      entry: 'beginRemoval',
      on: {
        DELETE: {},
        'pawl.stop': {},
        'pawl.late.createVolume': { target: 'deleting', reenter: true, actions: keepLate },
      },
      onDone: 'gone',
    },
    gone: { type: 'final', entry: 'tellGone' },
  },
  output: ({ context }) => ({ id: context.id }),
});
