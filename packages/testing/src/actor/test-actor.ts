// testActor(): an actor of a user's machine, without a broker and in virtual time.
import {
  PawlError,
  addressKey,
  checkAddress,
  historyEntryOf,
  replayJournal,
  stateViewOf,
  type ActorAddress,
  type Answer,
  type Body,
  type CommandEffect,
  type Effect,
  type HistoryEntry,
  type OutgoingEmitted,
  type RegisteredMachine,
  type StoredEntry,
} from '@pawl/core';
import { snapshotOfView, stateOfAnswer, type ActorSnapshot } from '@pawl/client';
import type { Task } from '@pawl/worker';
import type { AnyStateMachine, EventFromLogic, InputFrom } from 'xstate';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { ChildScripts, TaskScripts } from './machine-scripts.ts';
import { TestWorld, type AppendedStep } from './test-world.ts';

/** How an actor under test begins and who plays with it. */
export type TestActorOptions<Machine extends AnyStateMachine> = {
  /** Default `<type>-1`. */
  readonly id?: string;
  /** Default: the machine's id. */
  readonly type?: string;
  /** Scripts by name in `setup({ actors })`, or the worker's own tasks. */
  readonly tasks?: TaskScripts<Machine> | readonly Task[];
  /** What becomes of remote children, by name in `setup({ actors })`. */
  readonly children?: ChildScripts<Machine>;
  /** Time at the start, ms since 1970. Default: 1 January 2026. */
  readonly start?: number;
} & (undefined extends InputFrom<Machine>
  ? { readonly input?: InputFrom<Machine> }
  : { readonly input: InputFrom<Machine> });

/** An actor under test. */
export interface TestActor<Machine extends AnyStateMachine = AnyStateMachine> extends ActorAddress {
  /** The state now, as a client would get it. */
  readonly state: ActorSnapshot<Machine>;
  /**
   * Sends an event and lets everything happen that needs no time. Throws EventRefusedError and
   * ActorFaultedError as a client does.
   */
  send(event: EventFromLogic<Machine>): Promise<ActorSnapshot<Machine>>;
  /** Lets everything happen that needs no time: scripted tasks answer, children end. */
  settle(): Promise<ActorSnapshot<Machine>>;
  /** `await clock.advance('10m')`: timers fire, retries and polls happen, deadlines pass. */
  readonly clock: VirtualClock;
  /** Commands that it published, oldest first: one for each attempt. */
  readonly commands: readonly CommandEffect[];
  /** All effects that its steps decided, oldest first. */
  readonly effects: readonly Effect[];
  /** Integration events that it emitted. */
  readonly emitted: readonly OutgoingEmitted['event'][];
  /** Its entries as the journal stores them. */
  readonly journal: readonly StoredEntry[];
  /** What each entry did. */
  history(): readonly HistoryEntry[];
  /** Another actor of this world: a remote child that has a machine here. */
  actor<Other extends AnyStateMachine>(machine: Other, id: string): TestActor<Other>;
}

/**
 * Creates an actor of a machine in a world of its own. Checks the machine as a host does; each step
 * is folded twice, so that what a replay would not repeat is found. Throws `machine-invalid`,
 * `invalid-input`, ActorFaultedError.
 */
export const testActor = <Machine extends AnyStateMachine>(
  machine: Machine,
  ...[options]: undefined extends InputFrom<Machine>
    ? [options?: TestActorOptions<Machine>]
    : [options: TestActorOptions<Machine>]
): TestActor<Machine> => {
  const {
    type = machine.id,
    id = `${type}-1`,
    input,
    tasks = {},
    children = {},
    start,
  }: Partial<TestActorOptions<Machine>> = options ?? {};
  const scripts = { tasks, children };
  const world = new TestWorld({ type, machine, scripts, registration: {}, start });
  const actor = { type, id };
  checkAddress(actor);
  const body: Body = input === undefined ? {} : { input };
  throwRefusal(world, actor, world.append(actor, 'create', body));
  return handleOf<Machine>(world, actor);
};

const machineOf = ({ casting }: TestWorld, type: string): RegisteredMachine => {
  const registered = casting.machines.get(type);
  if (registered !== undefined) return registered;
  throw new PawlError('unknown-type', `The test has no machine of type ${type}.`);
};

/** Throws what a client would throw. */
const throwRefusal = (
  world: TestWorld,
  actor: ActorAddress,
  { sequence, step: { outcome, state } }: AppendedStep,
): void => {
  const view = state && stateViewOf(machineOf(world, actor.type), state);
  const { kind, ...why } = outcome;
  const answer = { sequence, outcome: kind, ...why, ...(view !== undefined && { state: view }) };
  stateOfAnswer(actor, answer as Answer);
};

const handleOf = <Machine extends AnyStateMachine>(
  world: TestWorld,
  { type, id }: ActorAddress,
): TestActor<Machine> => {
  const actor = { type, id };
  const read = (): ActorSnapshot<Machine> => {
    const state = world.host.state(actor);
    if (state !== undefined)
      return snapshotOfView<Machine>(stateViewOf(machineOf(world, type), state));
    throw new PawlError('no-such-actor', `${addressKey(actor)} has not been created.`);
  };
  const settle = async (): Promise<ActorSnapshot<Machine>> => {
    await world.settle();
    return read();
  };
  return {
    type,
    id,
    clock: world.clock,
    settle,
    get state() {
      return read();
    },
    send: async (event) => {
      await world.settle();
      const appended = world.append(actor, 'event', event);
      await world.settle();
      throwRefusal(world, actor, appended);
      return read();
    },
    get effects() {
      return world.host.effectsOf(actor);
    },
    get commands() {
      return world.host
        .effectsOf(actor)
        .filter((effect): effect is CommandEffect => effect.kind === 'command');
    },
    get emitted() {
      const key = addressKey(actor);
      return world.broker.outlets.emitted
        .filter((emitted) => addressKey(emitted.actor) === key)
        .map(({ event }) => event);
    },
    get journal() {
      return world.broker.journal.read(actor);
    },
    history: () => {
      const entries = world.broker.journal.read(actor);
      const machines = world.casting.machines;
      return [...replayJournal((wanted) => machines.get(wanted), entries)].map(historyEntryOf);
    },
    actor: <Other extends AnyStateMachine>(other: Other, otherId: string): TestActor<Other> => {
      const registered = [...world.casting.machines.values()].find(
        (candidate) => candidate.machine === other,
      );
      if (registered === undefined)
        throw new PawlError(
          'unknown-type',
          `The machine ${other.id} plays no child here: name it in children.`,
        );
      return handleOf<Other>(world, { type: registered.type, id: otherId });
    },
  };
};
