// A step while it runs: what the actors inside ask for becomes effects and pending changes.
import type { PendingChild } from '../actor-state.ts';
import { PawlError } from '../errors.ts';
import { addressKey, checkAddress, isActorId, type ActorAddress } from '../names.ts';
import type { Permit } from '../permit.ts';
import type { AnyRemoteInput } from '../remote.ts';
import type { MachineEvent, RunningRef } from './actor-ref.ts';
import type { DelayedEvent, StepHooks } from './actor-system.ts';
import { createEffect } from './command-effect.ts';
import { cancel, startCommand } from './command-ledger.ts';
import type { FoldedContract } from './contract.ts';
import { release, startPermit } from './permit-ledger.ts';
import type { StepCore } from './step-core.ts';
import { isTaskLogic } from './task-logic.ts';
import { arm, cancelTimers, disarm } from './timer-ledger.ts';

/** Events between the actors inside one durable actor in one step. */
const RELAYS_MAX = 10_000;

/** Actions that are XState's own; anything else is a side effect. */
const ACTIONS: ReadonlySet<string> = new Set(
  ['raise', 'cancel', 'sendTo', 'emit', 'log', 'spawnChild', 'stopChild'].map(
    (name) => `xstate.${name}`,
  ),
);

/** The hooks of one step. */
export class StepRun implements StepHooks {
  readonly core: StepCore;
  private relays = 0;

  constructor(core: StepCore) {
    this.core = core;
  }

  get time(): number {
    return this.core.turn.time;
  }

  relayed(): void {
    this.relays += 1;
    if (this.relays > RELAYS_MAX)
      this.core.fail(
        new PawlError(
          'runaway-step',
          `More than ${RELAYS_MAX} events between actors inside one step: do two of them answer ` +
            'each other for ever?',
        ),
      );
  }

  acted(type: string, params: unknown): void {
    this.core.hasActed = true;
    if (!ACTIONS.has(type))
      this.core.fail(
        new PawlError(
          'side-effect',
          `The action ${JSON.stringify(type)} is a side effect, and a fold is repeated. Use emit() ` +
            'for what others should hear of, a command for what should be done.',
        ),
      );
    if (type !== 'xstate.log') return;
    const { value, label } = params as { readonly value: unknown; readonly label?: string };
    this.core.effects.push({
      kind: 'log',
      ...(label !== undefined && { label }),
      value: value === undefined ? null : this.core.plain(value, 'the value of log()'),
    });
  }

  started(path: string, ref: RunningRef, previous?: RunningRef, isStopping?: boolean): void {
    const { core } = this;
    if (path === '') return;
    if (!isActorId(ref.id))
      core.fail(
        new PawlError(
          'invalid-id',
          `The actor ${JSON.stringify(ref.id)} inside ${addressKey(core.address)} needs an id of ` +
            'A-Z, a-z, 0-9, _ and -: give invoke, spawnChild() or spawn() one.',
        ),
      );
    // Told to stop while it was busy, as when it asked its parent to be replaced.
    if (previous !== undefined && isStopping === true) this.ended(path, previous);
    else if (previous !== undefined)
      core.fail(
        new PawlError(
          'step-failed',
          `An actor with the id ${path} runs already in ${addressKey(core.address)}: stop it ` +
            'first, or give the new one another id.',
        ),
      );
    if (!isTaskLogic(ref.logic)) core.incarnations.set(path, core.incarnationOf(path, ref));
  }

  ended(path: string, ref: RunningRef): void {
    const { core } = this;
    const { commands, timers, children, permits } = core.pending;
    const { rules } = core.turn;
    // The root's end takes all with it; XState has stopped its children one by one before.
    const isTaken = (key: string): boolean => path === '' || rules.endsWith(key, path);
    for (const key of Object.keys(timers.current)) if (isTaken(key)) disarm(core, key);
    for (const [key, command] of Object.entries(commands.current))
      if (command.status !== 'cancelled' && (key === path || isTaken(key))) cancel(core, command);
    for (const [key, child] of Object.entries(children.current))
      if (key === path || isTaken(key)) this.stopRemote(child);
    // After the commands: what they use is not given to the next before it is called off.
    for (const [key, permit] of Object.entries(permits.current))
      if (key === path || isTaken(key)) release(core, permit);
    for (const key of Object.keys(core.incarnations.current))
      if (key === path || isTaken(key)) core.incarnations.delete(key);
    if (path !== '' && ref.getSnapshot().status === 'error') this.dropOrphans(path);
  }

  schedule(request: DelayedEvent): void {
    arm(this.core, request);
  }

  cancel(source: string, id: string): void {
    cancelTimers(this.core, source, id);
  }

  sendToAddress(address: ActorAddress, event: MachineEvent): void {
    this.core.peer(address, event);
  }

  sendToParent(event: MachineEvent): void {
    const { parent } = this.core.start;
    if (parent === undefined)
      this.core.fail(
        new PawlError(
          'step-failed',
          `${addressKey(this.core.address)} sends ${event.type} to its parent, but no remote() made it.`,
        ),
      );
    this.core.peer(parent, event);
  }

  emitted(event: MachineEvent): void {
    this.core.emit(event);
  }

  startCommand(path: string, ref: RunningRef, contract: FoldedContract, input: unknown): void {
    startCommand(this.core, path, ref, contract, input);
  }

  startRemote(path: string, _ref: RunningRef, fixed: string | undefined, input: unknown): void {
    const { core } = this;
    const {
      id,
      input: childInput,
      type = '',
      class: queueClass = core.class,
      renew,
    } = (input ?? {}) as Partial<AnyRemoteInput>;
    const address = { type: fixed ?? type, id: String(id) };
    checkAddress(address);
    const plain = childInput === undefined ? null : core.plain(childInput, `input of ${path}`);
    const child: PendingChild = {
      ...address,
      path,
      generation: core.generation(path, `${addressKey(address)}|${JSON.stringify(plain)}`),
      since: core.turn.time,
      input: plain,
      ...(queueClass !== undefined && { class: queueClass }),
      hops: core.hops + 1,
      ...(renew === true && { renew }),
    };
    core.pending.children.set(path, child);
    core.effects.push(createEffect(core.self, child));
  }

  startPermit(path: string, ref: RunningRef, permit: Permit, input: unknown): void {
    startPermit(this.core, path, ref, permit, input);
  }

  private stopRemote({ type, id, path, generation }: PendingChild): void {
    const { core } = this;
    core.pending.children.delete(path);
    const parent = { ...core.address, path, generation };
    core.peer({ type, id }, { type: 'pawl.stop', parent });
  }

  /**
   * XState leaves the actors of one that threw running, with nobody to hear them. Here they end
   * with
   * it, as they would when the snapshot is restored.
   */
  private dropOrphans(path: string): void {
    const { running } = this.core.actors.system;
    for (const key of [...running.keys()]) if (key.startsWith(`${path}/`)) running.delete(key);
  }
}
