// `set-state`: puts the actor into a state of its chart, as a transition of the root would.
import { assign, createMachine, type AnyStateMachine } from 'xstate';
import type { ActorState } from '../actor-state.ts';
import { PawlError } from '../errors.ts';
import type { RegisteredMachine } from '../machine/registered-machine.ts';
import { addressKey } from '../names.ts';
import type { SetStateOrder } from '../order.ts';
import type { Step } from '../step.ts';
import type { RunningSnapshot } from './actor-ref.ts';
import { execute } from './execute.ts';
import { createRunnable } from './runnable-machine.ts';
import { refused, refusedBy, type LivingTurn } from './turn.ts';

const EVENT = 'pawl.set-state';

/** `alive.ok` as the value `{ alive: 'ok' }`, unless a state has that very name. */
const valueOf = ({ root }: AnyStateMachine, value: unknown): unknown => {
  if (typeof value !== 'string' || value in root.states) return value;
  return value
    .split('.')
    .reduceRight<unknown>(
      (inner, name) => (inner === undefined ? name : { [name]: inner }),
      undefined,
    );
};

/** Ids of the leaves of a state value. Throws `invalid-state`. */
const leavesOf = (machine: AnyStateMachine, value: unknown): readonly string[] => {
  try {
    const resolved = machine.resolveState({ value: value as string, context: {} });
    const { _nodes: nodes = [] } = resolved as unknown as RunningSnapshot;
    return nodes.filter(({ type }) => type === 'atomic' || type === 'final').map(({ id }) => id);
  } catch (error) {
    throw new PawlError(
      'invalid-state',
      `${JSON.stringify(value)} is no state of ${machine.id} ${machine.version ?? ''}: ` +
        `${error instanceof Error ? error.message : String(error)}. Its states: ` +
        `${Object.keys(machine.root.states).join(', ')}.`,
    );
  }
};

/** The same machine with one transition more, from the root to where the operator wants it. */
const withTransition = (
  registered: RegisteredMachine,
  leaves: readonly string[],
  context: Readonly<Record<string, unknown>>,
): RegisteredMachine => {
  const { config, implementations } = registered.machine;
  const on = config.on as Readonly<Record<string, unknown>> | undefined;
  const transition = {
    target: leaves.map((id) => `#${id}`),
    actions: assign(() => ({ ...context })),
  };
  const machine: AnyStateMachine = createMachine(
    { ...config, on: { ...on, [EVENT]: transition } } as typeof config,
    implementations as Parameters<typeof createMachine>[1],
  );
  return { ...registered, runnable: createRunnable(machine) };
};

/**
 * All states below the root are left and those of `value` entered: exit and entry actions run, what
 * was invoked is cancelled, what is to be invoked starts, and `always` follows. `context` replaces
 * fields in between. A faulted actor is well again.
 */
export const setState = (turn: LivingTurn, { value, context = {} }: SetStateOrder): Step => {
  const { state, registered } = turn;
  if (state.snapshot.status === 'error')
    return refused(
      turn,
      'actor-faulted',
      `${addressKey(state)} faulted at birth and has no state. Mend the machine and fold again.`,
    );
  let extended: RegisteredMachine;
  try {
    const leaves = leavesOf(registered.machine, valueOf(registered.machine, value));
    extended = withTransition(registered, leaves, context);
  } catch (error) {
    return refusedBy(turn, error);
  }
  const { fault: _mended, ...rest } = state;
  const active: ActorState = { ...rest, status: 'active' };
  const step = execute(
    { ...turn, state: active, registered: extended },
    0,
    {},
    (_core, { root }) => {
      turn.rules.deliver(root, { type: EVENT });
      return undefined;
    },
  );
  return step.outcome.kind === 'faulted'
    ? refusedBy(
        turn,
        new PawlError('step-failed', `Entering the state failed: ${step.outcome.error.message}`),
      )
    : step;
};
