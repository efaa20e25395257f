// One run of a schedule, inside its actor: a job, an actor, or an event for many.
import { sendParent, setup, type AnyStateMachine } from 'xstate';
import { commandError } from '../command-error.ts';
import type { ErrorData } from '../errors.ts';
import { JOB_TYPE, type JobOutput } from '../machine/job-machine.ts';
import type { ActorAddress } from '../names.ts';
import { actorAddress, anyRemote, type AnyRemoteInput } from '../remote.ts';
import type { ScheduleTarget } from './definition.ts';
import type { RunEnd } from './plan.ts';
import { scheduleFanOut, type FanOutInput } from './schedule-commands.ts';

/** Type of the built-in actors that this belongs to. */
export const SCHEDULE_TYPE = 'schedule';

/** What a run is given. */
export interface RunInput {
  readonly schedule: string;
  /** `<schedule>-<tick>`. */
  readonly id: string;
  readonly target: ScheduleTarget;
}

interface RunContext extends RunInput {
  readonly slot: string;
  readonly end: RunEnd | null;
}

/** What the schedule hears. */
export interface RunEnded {
  readonly type: 'pawl.run-ended';
  readonly slot: string;
  readonly end: RunEnd;
}

/** Where the child of a run lives, and what it begins with. */
const childOf = ({ id, schedule, target }: RunInput): AnyRemoteInput => {
  const queueClass = { class: 'background' } as const;
  if (target.kind === 'command') {
    const { contract, input, key } = target;
    const job = { contract, input };
    return key === undefined
      ? { type: JOB_TYPE, id, input: job, ...queueClass }
      : { type: JOB_TYPE, id: keyId(key), input: job, ...queueClass, renew: true };
  }
  if (target.kind === 'actor') {
    const token = id.slice(schedule.length + 1);
    const { type, idPrefix, input } = target;
    return { type, id: `${idPrefix}-${token}`, input, ...queueClass };
  }
  return { type: '', id: '', input: null };
};

/** Id of the jobs of a key. */
export const keyId = (key: string): string => `key-${key}`;

const fanOutOf = ({ id, schedule, target }: RunInput): FanOutInput => {
  if (target.kind !== 'fan-out') throw new TypeError(`${schedule} has no event for many.`);
  const { type, states, event } = target;
  const tick = id.slice(schedule.length + 1);
  return { schedule, tick, type, event, ...(states !== undefined && { states }) };
};

const errorOf = (event: { readonly type: string; readonly error?: unknown }): ErrorData => {
  const { code, message, retryable } = commandError(event);
  return { code, message, retryable };
};

const STOPPED: ErrorData = {
  code: 'cancelled',
  message: 'A newer run took its place.',
  retryable: false,
};

/** How a child ended: a job says itself that it failed. */
const endOf = (kind: ScheduleTarget['kind'], output: unknown): RunEnd => {
  if (kind !== 'command') return { outcome: 'ok', ...(output !== undefined && { output }) };
  const ended = output as JobOutput;
  return 'error' in ended
    ? { outcome: 'erred', error: ended.error }
    : { outcome: 'ok', output: ended.output };
};

const run = setup({
  types: {
    input: {} as RunInput,
    context: {} as RunContext,
    events: {} as { readonly type: 'STOP' },
  },
  actors: { child: anyRemote, fanOut: scheduleFanOut },
  guards: { isFanOut: ({ context }) => context.target.kind === 'fan-out' },
});

const noteEnd = run.assign({
  end: ({ context, event }): RunEnd => {
    const { output } = event as { readonly output?: unknown }; // A done event's: nothing else ends it.
    return endOf(context.target.kind, output);
  },
});

const noteError = run.assign({
  end: ({ event }): RunEnd => ({ outcome: 'erred', error: errorOf(event) }),
});

const noteStop = run.assign({ end: (): RunEnd => ({ outcome: 'erred', error: STOPPED }) });

/** The child hears what it would hear if its parent had left; its end is still waited for. */
const tellToStop = run.sendTo(
  ({ context }) => actorAddress(addressOfChild(context).type, addressOfChild(context).id),
  ({ context }) => {
    const path = `${context.slot}/child`;
    const parent = { type: SCHEDULE_TYPE, id: context.schedule, path, generation: '0-0-run' };
    return { type: 'pawl.stop', parent };
  },
);

const addressOfChild = (input: RunInput): ActorAddress => {
  const { type, id } = childOf(input);
  return { type, id };
};

/** `child` | `fanning out` → `ended`. `STOP` asks it to end. */
export const runMachine: AnyStateMachine = run
  .extend({ actions: { tellToStop, noteEnd, noteError, noteStop } })
  .createMachine({
    id: 'run',
    context: ({ input, self }) => ({ ...input, slot: self.id, end: null }),
    initial: 'choosing',
    states: {
      choosing: { always: [{ guard: 'isFanOut', target: 'fanningOut' }, { target: 'child' }] },
      child: {
        on: { STOP: { actions: 'tellToStop' } },
        invoke: {
          id: 'child',
          src: 'child',
          input: ({ context }) => childOf(context),
          onDone: { target: 'ended', actions: 'noteEnd' },
          onError: { target: 'ended', actions: 'noteError' },
        },
      },
      fanningOut: {
        on: {
          STOP: { target: 'ended', actions: 'noteStop' },
        },
        invoke: {
          id: 'fan-out',
          src: 'fanOut',
          input: ({ context }) => fanOutOf(context),
          onDone: { target: 'ended', actions: 'noteEnd' },
          onError: { target: 'ended', actions: 'noteError' },
        },
      },
      ended: {
        type: 'final',
        entry: sendParent(({ context }: { readonly context: RunContext }) => ({
          type: 'pawl.run-ended',
          slot: context.slot,
          end: context.end,
        })),
      },
    },
  });
