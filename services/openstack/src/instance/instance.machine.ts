// The life of an instance as a statechart. Its picture is in the README.
import { commandError } from 'pawl';
import { and, assign } from 'xstate';
import { known } from '../known.ts';
import { neverPulled } from '../pull.ts';
import { resourceName } from '../resource-name.ts';
import { instanceSetup, removalFailed, targetOf } from './instance-setup.ts';

const MINUTE_MS = 60_000;
/**
 * Volumes wait for places of their own, behind those of others, and each that has one settles. Only
 * one of which nothing is heard any more comes to this.
 */
const VOLUMES_MS = 7 * 24 * 60 * MINUTE_MS;
/**
 * Shorter than the deadline of `createServer`: until that, a success that comes too late is told as
 * `pawl.late.createServer`, and what it made is removed.
 */
const BOOTING_MS = 55 * MINUTE_MS;
/** More than a volume takes to settle and then to go. */
const VOLUMES_GONE_MS = 180 * MINUTE_MS;

const late = (what: string) => ({ code: 'deadline-exceeded', message: `${what} in time.` });

/** Deletes the server, then its volumes, and waits until all are gone. */
const removal = instanceSetup.createStateConfig({
  initial: 'deletingServer',
  states: {
    deletingServer: {
      invoke: {
        id: 'deleteServer',
        src: 'deleteServer',
        input: ({ context }) => targetOf(context),
        onDone: 'waitingServerGone',
        onError: {
          target: '#instance.erred',
          actions: assign(({ context, event }) => removalFailed(context, commandError(event))),
        },
      },
    },
    waitingServerGone: {
      invoke: {
        id: 'waitServerGone',
        src: 'waitServerGone',
        input: ({ context }) => targetOf(context),
        onDone: 'deletingVolumes',
        onError: {
          target: '#instance.erred',
          actions: assign(({ context, event }) => removalFailed(context, commandError(event))),
        },
      },
    },
    deletingVolumes: {
      entry: 'deleteVolumes',
      always: [
        { guard: 'areVolumesGone', target: 'done' },
        { guard: 'isVolumeLeft', target: '#instance.erred', actions: 'keepDiskLeft' },
      ],
      after: {
        [VOLUMES_GONE_MS]: {
          target: '#instance.erred',
          actions: assign(({ context }) => removalFailed(context, late('Volumes did not go'))),
        },
      },
    },
    done: { type: 'final' },
  },
});

/** A server in OpenStack and its volumes. Its actor type is `instance`. */
export const instance = instanceSetup.createMachine({
  id: 'instance',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({
    ...input,
    settings: input.settings ?? 'default',
    attempt: 0,
    disks: [],
    operation: 'create',
    ...neverPulled,
    isLeaving: false,
  }),
  on: {
    // Facts are kept wherever they come; the states look at them in their guards.
    VOLUME_OK: { actions: 'keepNews' },
    VOLUME_ERRED: { actions: 'keepNews' },
    VOLUME_LOST: { actions: 'keepNews' },
    VOLUME_GONE: { actions: 'keepNews' },
    // While something is under way, leaving waits until it has settled.
    DELETE: { actions: 'rememberLeaving' },
    'pawl.stop': { actions: 'rememberLeaving' },
    // While something else is under way, or a pull already, there is nothing to do.
    PULL: { actions: 'doNothing' },
    'pawl.late.pull': { actions: 'doNothing' },
  },
  states: {
    creating: {
      initial: 'queued',
      entry: 'beginAttempt',
      // From the first volume until the server is ACTIVE: what is left afterwards is no load.
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
            'pawl.granted.place': 'volumes',
            // Nothing has been asked of the cloud.
            DELETE: '#instance.gone',
            'pawl.stop': '#instance.gone',
          },
        },
        volumes: {
          entry: 'createVolumes',
          after: {
            [VOLUMES_MS]: {
              target: '#instance.cleaningUp',
              actions: assign({ error: late('Volumes were not ready') }),
            },
          },
          always: [
            { guard: 'areVolumesOk', target: 'booting' },
            { guard: 'isVolumeMissing', target: '#instance.cleaningUp', actions: 'keepDiskError' },
          ],
        },
        booting: {
          after: {
            [BOOTING_MS]: {
              target: '#instance.cleaningUp',
              actions: assign({ error: late('The server was not created') }),
            },
          },
          invoke: {
            id: 'createServer',
            src: 'createServer',
            input: ({ context: { id, name, settings, flavor, disks } }) => ({
              settings,
              name: resourceName(id),
              displayName: name,
              flavor,
              volumes: disks.map(({ backendId }) => known('backendId', backendId)),
            }),
            onDone: {
              target: 'starting',
              actions: assign({ serverId: ({ event }) => event.output.serverId }),
            },
            onError: {
              target: '#instance.cleaningUp',
              actions: assign({ error: ({ event }) => commandError(event) }),
            },
          },
        },
        starting: {
          invoke: {
            id: 'waitServer',
            src: 'waitServer',
            input: ({ context: { settings, serverId } }) => ({
              settings,
              serverId: known('serverId', serverId),
            }),
            onDone: '#instance.ok',
            onError: {
              target: '#instance.cleaningUp',
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
        'pawl.late.createServer': {
          target: 'cleaningUp',
          reenter: true,
          actions: 'keepLateServer',
        },
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
        // Of a server that was well until a pull failed nothing is removed: it is looked at again.
        RETRY: [
          { guard: and(['isPullFailure', 'isNotPulling']), actions: 'pull' },
          { guard: 'isPullFailure', actions: 'doNothing' },
          { target: 'retrying' },
        ],
        'pawl.late.createServer': { target: 'cleaningUp', actions: 'keepLateServer' },
        PULL: { guard: 'isNotPulling', actions: 'pull' },
        'xstate.done.actor.pull': [
          { guard: 'isPullFailure', target: 'ok', actions: ['keepPulled', 'forgetFailure'] },
          { actions: 'keepPulled' },
        ],
        'xstate.error.actor.pull': { actions: 'keepPullFailure' },
      },
      exit: 'stopPull',
    },
    // What an earlier cleaning up may have left goes first.
    retrying: {
      ...removal,
      entry: 'beginCleanup',
      on: {
        'pawl.late.createServer': { target: 'retrying', reenter: true, actions: 'keepLateServer' },
      },
      onDone: [
        { guard: 'isLeaving', target: 'gone' },
        { target: 'creating', actions: 'dropDisks' },
      ],
    },
    deleting: {
      ...removal,
      entry: 'beginRemoval',
      on: {
        DELETE: {},
        'pawl.stop': {},
        'pawl.late.createServer': { target: 'deleting', reenter: true, actions: 'keepLateServer' },
      },
      onDone: 'gone',
    },
    gone: { type: 'final', entry: 'tellGone' },
  },
  output: ({ context }) => ({ id: context.id }),
});
