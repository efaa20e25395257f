// `inject`: an event, the end of a command or child, or a timer is delivered as if it had come.
import type { EventBody } from '../entry.ts';
import type { InjectOrder } from '../order.ts';
import { validate } from '../schema.ts';
import type { Step } from '../step.ts';
import type { MachineEvent } from './actor-ref.ts';
import { cancelEffect } from './command-effect.ts';
import { cancelledKey, cancelledOf, contractOf, settle } from './command-ledger.ts';
import { checkEvent, foldEvent, refusalOf } from './event-entry.ts';
import { execute } from './execute.ts';
import { notPending } from './not-pending.ts';
import { settleChild } from './peer-entry.ts';
import type { RunningActor } from './running-actor.ts';
import type { StepCore } from './step-core.ts';
import { fireTimer } from './timer-entry.ts';
import { classOf, refused, refusedBy, type LivingTurn } from './turn.ts';

/** Folds the order. A faulted actor takes nothing: retry it first. */
export const inject = (turn: LivingTurn, order: InjectOrder): Step => {
  const refusal = refusalOf(turn, 'injected events');
  if (refusal !== undefined) return refusal;
  if ('event' in order) return injectEvent(turn, order.event);
  return 'timer' in order ? injectTimer(turn, order.timer) : injectEnd(turn, order);
};

/** The words of a limit: injected, they would let an actor work without a permit. */
const isGrant = ({ type }: EventBody): boolean => type.startsWith('pawl.granted.');

/** Signals of the runtime that the machine handles, such as `pawl.late.…`, have no schema. */
const injectEvent = (turn: LivingTurn, event: EventBody): Step => {
  if (isGrant(event))
    return refused(
      turn,
      'order-refused',
      `Only its limit grants a permit, so ${event.type} cannot be injected. Give the limit a larger ` +
        'capacity (pawl limits set), or take the permit of another holder away (pawl limits release).',
    );
  let checked: MachineEvent;
  try {
    checked = turn.registered.signalTypes.has(event.type) ? event : checkEvent(turn, event);
  } catch (error) {
    return refusedBy(turn, error);
  }
  return foldEvent(turn, checked, { class: classOf(turn.entry) });
};

const injectTimer = (turn: LivingTurn, key: string): Step => {
  const { timers } = turn.state.pending;
  const timer = timers[key];
  if (timer === undefined) return notPending(turn, `timer ${key}`, Object.keys(timers));
  return execute(turn, 0, {}, (core) => {
    core.effects.push({ kind: 'disarm', key, generation: timer.generation });
    fireTimer(core, timer);
    return undefined;
  });
};

type EndOrder = Extract<InjectOrder, { readonly path: string }>;

const injectEnd = (turn: LivingTurn, order: EndOrder): Step => {
  const { commands, children } = turn.state.pending;
  const { path } = order;
  const child = children[path];
  if (child !== undefined) {
    const { generation } = child;
    const end =
      order.outcome === 'done'
        ? ({ type: 'pawl.child-done', path, generation, output: order.output } as const)
        : ({ type: 'pawl.child-failed', path, generation, error: order.error } as const);
    return settleChild(turn, child, end, undefined);
  }
  const pending = commands[path];
  if (pending === undefined || pending.status === 'cancelled') {
    const awaited = Object.values(commands).filter(({ status }) => status !== 'cancelled');
    const names = [...awaited.map((command) => command.path), ...Object.keys(children)];
    return notPending(turn, `command or child ${path}`, names);
  }
  const act = (core: StepCore, { system }: RunningActor): Step | undefined => {
    const ref = system.running.get(path);
    if (ref === undefined) return notPending(turn, `command ${path}`, []);
    let end: Parameters<typeof settle>[3];
    try {
      end = order.outcome === 'done' ? { output: checkedOutput(order, contractOf(ref)) } : order;
    } catch (error) {
      return refusedBy(turn, error);
    }
    if (pending.status === 'running') core.effects.push(cancelEffect(core.address, pending));
    settle(core, pending, ref, end);
    // Its worker may succeed all the same.
    core.pending.commands.set(cancelledKey(pending), cancelledOf(pending));
    return undefined;
  };
  return execute(turn, pending.hops, {}, act, (error) => refusedBy(turn, error));
};

const checkedOutput = (
  { path, output }: EndOrder & { readonly outcome: 'done' },
  contract: ReturnType<typeof contractOf>,
): unknown =>
  contract?.output === undefined
    ? output
    : validate(contract.output, output, 'invalid-output', `The output given for ${path}`);
