// A world of several actors for tests of permits: what one decides reaches the journal of another.
import {
  addressKey,
  encodeJson,
  foldAgain,
  foldFaulted,
  foldTwice,
  HEADER,
  limitAddress,
  limitMachine,
  permitPageOf,
  readEntry,
  registerMachine,
  type ActorAddress,
  type ActorState,
  type Effect,
  type Entry,
  type Fold,
  type PermitPage,
  type RegisteredMachine,
  type Step,
  waitingForOf,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import { START } from './fold-world.ts';

/** A message between actors. */
export interface Sent {
  readonly from: ActorAddress;
  readonly effect: Extract<Effect, { readonly kind: 'peer' | 'create' }>;
}

/** Actors by `<type>/<id>`, and what is on its way between them. */
export class PermitWorld {
  readonly states = new Map<string, ActorState>();
  /** Decided and not arrived. */
  readonly outgoing: Sent[] = [];
  /** All entries of each actor. */
  readonly journals = new Map<string, Entry[]>();
  /** All that was ever decided, in order. */
  readonly sent: Sent[] = [];
  sequence = 0;
  time = START;
  readonly #machines: ReadonlyMap<string, RegisteredMachine>;
  /** Actors that were folded again, with the machine that did it. */
  readonly #mended = new Map<string, RegisteredMachine>();
  readonly #fold: Fold;

  constructor(machines: Readonly<Record<string, AnyStateMachine>>, fold: Fold = foldTwice) {
    const all = Object.entries({ limit: limitMachine, ...machines });
    this.#machines = new Map(
      all.map(([type, machine]) => [type, registerMachine(type, machine)] as const),
    );
    this.#fold = fold;
  }

  /** Folds an entry for an actor; what it decides is on its way afterwards. */
  append(actor: ActorAddress, kindToken: string, body: object, headers = {}): Step {
    const machine = this.#mended.get(addressKey(actor)) ?? this.registered(actor.type);
    const entry = this.#entryOf(actor, kindToken, body, headers);
    return this.#take(actor, entry, this.#fold(machine, this.states.get(addressKey(actor)), entry));
  }

  /** An operator orders to fold an actor again by another machine. */
  foldAgain(actor: ActorAddress, machine: AnyStateMachine): Step {
    const key = addressKey(actor);
    const held = waitingForOf(this.state(actor.type, actor.id));
    const registered = registerMachine(actor.type, machine);
    this.#mended.set(key, registered);
    const order = { type: 'fold-again', version: registered.version, held, by: 'anna' };
    const before = this.journals.get(key) ?? [];
    const entry = this.#entryOf(actor, 'admin', order);
    const step = foldAgain(registered, this.states.get(key), [...before], entry, this.#fold);
    this.#take(actor, entry, step);
    this.settle();
    return step;
  }

  /** Entries that are not folded: an actor whose hosts they ended. */
  passOver(actor: ActorAddress, kindToken: string, body: object, headers = {}): Step {
    const entry = this.#entryOf(actor, kindToken, body, headers);
    const error = { code: 'host-crashed', message: 'it ended three hosts' };
    const before = this.states.get(addressKey(actor));
    const word = { saidAt: entry.sequence + 1, error };
    return this.#take(actor, entry, foldFaulted(this.registered(actor.type), before, entry, word));
  }

  #entryOf({ type, id }: ActorAddress, kindToken: string, body: object, headers = {}): Entry {
    this.sequence += 1;
    this.time += 10;
    const { sequence, time } = this;
    return readEntry({ type, id, sequence, time, kindToken, headers, body: encodeJson(body) });
  }

  #take({ type, id }: ActorAddress, entry: Entry, step: Step): Step {
    const key = addressKey({ type, id });
    this.journals.set(key, [...(this.journals.get(key) ?? []), entry]);
    if (step.state !== undefined) this.states.set(key, step.state);
    for (const effect of step.effects)
      if (effect.kind === 'peer' || effect.kind === 'create') {
        const sent = { from: { type, id }, effect };
        this.outgoing.push(sent);
        this.sent.push(sent);
      }
    return step;
  }

  /** A message arrives, however late and however often. */
  arrive({ from, effect }: Sent): Step | undefined {
    const { to } = effect;
    if (effect.kind === 'create') {
      if (this.states.has(addressKey(to)) || !this.#machines.has(to.type)) return undefined;
      const { input, parent } = effect;
      const body = { input, ...(parent !== undefined && { parent }) };
      return this.append(to, parent === undefined ? 'create' : 'child', body, {
        [HEADER.version]: '1',
      });
    }
    const { sequence, n, event } = effect;
    if (!this.#machines.has(to.type)) return undefined;
    return this.append(to, 'peer', { from: { ...from, sequence, n }, event });
  }

  /** All messages arrive, in order. */
  settle(): void {
    for (let sent = this.outgoing.shift(); sent !== undefined; sent = this.outgoing.shift())
      this.arrive(sent);
  }

  create(type: string, id: string, input: unknown = {}): Step {
    const step = this.append({ type, id }, 'create', { input });
    this.settle();
    return step;
  }

  send(type: string, id: string, event: string, fields: object = {}): Step {
    const step = this.append({ type, id }, 'event', { type: event, ...fields });
    this.settle();
    return step;
  }

  order(scope: string, order: object): Step {
    const step = this.append(limitAddress(scope), 'admin', { by: 'anna', ...order });
    this.settle();
    return step;
  }

  registered(type: string): RegisteredMachine {
    const machine = this.#machines.get(type);
    if (machine === undefined) throw new Error(`There is no machine of type ${type}.`);
    return machine;
  }

  state(type: string, id: string): ActorState {
    const state = this.states.get(`${type}/${id}`);
    if (state === undefined) throw new Error(`${type}/${id} has no state.`);
    return state;
  }

  value(type: string, id: string): unknown {
    return this.state(type, id).snapshot.value;
  }

  limit(scope: string): PermitPage {
    const page = permitPageOf(this.state('limit', limitAddress(scope).id));
    if (page === undefined) throw new Error(`${scope} has no limit.`);
    return page;
  }

  /** Ids of those that hold a permit, and of those that wait, each in order. */
  queue(scope: string): { readonly held: readonly string[]; readonly waiting: readonly string[] } {
    const { permits } = this.limit(scope);
    const isHeld = ({ heldSince }: (typeof permits)[number]): boolean => heldSince !== undefined;
    return {
      held: permits.filter(isHeld).map(({ holder }) => holder.id),
      waiting: permits.filter((permit) => !isHeld(permit)).map(({ holder }) => holder.id),
    };
  }
}
