// A host for tests: folds every entry twice, at once, and publishes the effects through the ports.
import {
  HEADER,
  PawlError,
  addressKey,
  cancelBody,
  childExistsMessage,
  commandMessage,
  createCause,
  createMessage,
  decodeBody,
  encodeJson,
  encodeBody,
  foldTwice,
  lateLetter,
  overdueCommands,
  peerMessage,
  readEntry,
  timerMessage,
  type ActorAddress,
  type ActorState,
  type CommandEffect,
  type CreateEffect,
  type Effect,
  type EffectOrigin,
  type HostBody,
  type Step,
  type StoredEntry,
} from '@pawl/core';
import type { BrokerState } from '../memory/broker-state.ts';
import type { MemoryPorts } from '../memory/memory-ports.ts';
import type { Casting } from './casting.ts';
import { playChild } from './child-script.ts';

/** What a test host is given. */
export interface TestHostOptions {
  readonly broker: BrokerState;
  readonly ports: MemoryPorts;
  readonly casting: Casting;
  /** Something that the test has to know: thrown by whatever it awaits next. */
  readonly onFailure: (error: unknown) => void;
}

/** An effect and whose it is. */
export interface DecidedEffect {
  readonly actor: string;
  readonly effect: Effect;
}

/** The host. The journal tells it of each entry as soon as it is stored. */
export class TestHost {
  readonly #options: TestHostOptions;
  readonly #states = new Map<string, ActorState>();
  readonly #steps = new Map<number, Step>();
  readonly #decided: DecidedEffect[] = [];

  constructor(options: TestHostOptions) {
    this.#options = options;
    const { broker, ports } = options;
    broker.journal.follow(({ entry }) => this.#onEntry(entry));
    // A worker asks before it polls again.
    ports.bus.subscribe(ports.subjects.pending({ type: '*', id: '*' }), (message) => {
      const [type = '', id = ''] = message.subject.split('.').slice(-2);
      const { path, generation } = decodeBody(message.body);
      const commands = this.state({ type, id })?.pending.commands ?? {};
      const isPending = Object.values(commands).some(
        (command) =>
          command.path === path &&
          command.generation === generation &&
          command.status === 'running',
      );
      message.respond(encodeJson({ pending: isPending }));
    });
  }

  state(actor: ActorAddress): ActorState | undefined {
    return this.#states.get(addressKey(actor));
  }

  /** What the entry at a sequence did. */
  step(sequence: number): Step | undefined {
    return this.#steps.get(sequence);
  }

  effectsOf(actor: ActorAddress): readonly Effect[] {
    const key = addressKey(actor);
    return this.#decided.filter((decided) => decided.actor === key).map(({ effect }) => effect);
  }

  #onEntry(stored: StoredEntry): void {
    const { casting, onFailure } = this.#options;
    const registered = casting.machines.get(stored.type);
    if (registered === undefined) return;
    const key = addressKey(stored);
    try {
      const step = foldTwice(registered, this.#states.get(key), readEntry(stored));
      this.#steps.set(stored.sequence, step);
      if (step.state === undefined) return;
      this.#states.set(key, step.state);
      for (const effect of step.effects) {
        this.#decided.push({ actor: key, effect });
        this.#publish({ state: step.state }, effect).catch(onFailure);
      }
      this.#watchDeadlines(step);
    } catch (error) {
      onFailure(error);
    }
  }

  /** A host's sweep looks once a minute; a test need not wait for that. */
  #watchDeadlines({ effects, state }: Step): void {
    const { broker, ports, onFailure } = this.#options;
    if (state === undefined) return;
    for (const effect of effects) {
      if (effect.kind !== 'command' || effect.attempt > 1) continue;
      broker.clock.after(effect.deadlineAt - broker.clock.now(), () => {
        const current = this.state(state);
        if (current === undefined) return;
        for (const { path, generation } of overdueCommands(current, broker.clock.now())) {
          const body: HostBody = { type: 'expired', path, generation };
          const entry = { ...addressOf(state), kindToken: 'host', body: encodeBody(body) };
          ports.journal.append(entry).catch(onFailure);
        }
      });
    }
  }

  async #publish(origin: EffectOrigin, effect: Effect): Promise<void> {
    const { ports } = this.#options;
    switch (effect.kind) {
      case 'command':
        return this.#publishCommand(origin, effect);
      case 'cancel':
        return ports.bus.publish(ports.subjects.cancel(effect.service), cancelBody(origin, effect));
      case 'arm':
        return ports.timers.arm(timerMessage(origin, effect));
      case 'disarm':
        return ports.timers.disarm(origin.state, effect.generation);
      case 'peer':
        return void (await ports.journal.append(peerMessage(origin, effect)));
      case 'create':
        return this.#publishCreate(origin, effect);
      case 'emit': {
        const { id, event } = effect;
        return ports.emitted.publish({
          actor: addressOf(origin.state),
          id,
          event,
          time: origin.state.time,
        });
      }
      case 'late':
        return ports.deadLetters.publish(lateLetter(origin, effect));
      case 'log':
        return;
    }
  }

  async #publishCommand(origin: EffectOrigin, effect: CommandEffect): Promise<void> {
    const { ports, casting } = this.#options;
    const { service, task } = effect;
    const isServed = casting.tasks.get(service)?.some(({ contract }) => contract.name === task);
    if (isServed !== true)
      throw new PawlError(
        'task-missing',
        `${effect.id} needs the task ${task} of ${service}, which the test does not play: add it ` +
          'to tasks: { <name in setup()>: () => output }, or `never` if nobody is to answer.',
      );
    if (casting.players.get(`${service} ${task}`)?.takesNever() === true) return;
    await ports.commands.publish(commandMessage(origin, effect));
  }

  async #publishCreate(origin: EffectOrigin, effect: CreateEffect): Promise<void> {
    const { ports, casting } = this.#options;
    const { to } = effect;
    const machine = casting.machines.get(to.type);
    if (machine === undefined && !casting.children.has(to.type))
      throw new PawlError(
        'unknown-type',
        `${addressKey(origin.state)} creates ${addressKey(to)}, which the test does not play: ` +
          'add children: { <name in setup()>: (input) => output }, its machine, or `never`.',
      );
    try {
      const message = createMessage(origin, effect, machine?.version);
      const { sequence } = await ports.journal.append(message);
      if (machine === undefined)
        await playChild(ports, effect, sequence, casting.children.get(to.type));
    } catch (error) {
      if (!(error instanceof PawlError) || error.code !== 'sequence-conflict') throw error;
      const { parent } = effect;
      if (parent === undefined) return; // A limit that is there already.
      const [created] = await ports.journal.read(to);
      if (created?.headers[HEADER.cause] === createCause(effect)) return;
      await ports.journal.append(childExistsMessage(to, parent));
    }
  }
}

const addressOf = ({ type, id }: ActorAddress): ActorAddress => ({ type, id });
