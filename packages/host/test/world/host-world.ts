// A broker in memory with hosts that can be killed at any message: the stage of the host's tests.
import {
  addressKey,
  decodeBody,
  decodeState,
  encodeBody,
  encodeJson,
  HEADER,
  partitionOf,
  registerMachine,
  replayJournal,
  type ActorAddress,
  type ActorState,
  type Answer,
  type Fold,
  type ListReply,
  type QuestionReply,
  type RegisteredMachine,
} from '@pawl/core';
import { startHost, type Host, type HostLimits, type MachinesByType } from '@pawl/host';
import {
  createMemoryBroker,
  createVirtualClock,
  type Crossing,
  type MemoryBroker,
  type MemoryPorts,
  type VirtualClock,
} from '@pawl/testing';
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import { ledgerMachine, orderMachine, parentMachine } from './machines.ts';

/** All machines of the tests, one version each. */
export const MACHINES: MachinesByType = {
  order: orderMachine,
  ledger: ledgerMachine,
  parent: parentMachine,
};

/** What a test does to a message: nothing, lose it, or keep it until it says so. */
export type Fault = (crossing: Crossing, carry: () => void) => 'carry' | 'taken';

/** A host of a test, with its connection. */
export interface StartedHost {
  readonly host: Host;
  readonly ports: MemoryPorts;
  readonly lines: string[];
}

/** The stage. */
export class HostWorld {
  readonly clock: VirtualClock = createVirtualClock();
  readonly broker: MemoryBroker;
  /** A connection for publishing and asking. */
  readonly ports: MemoryPorts;
  readonly partitions: number;
  faults: Fault[] = [];
  readonly hosts = new Map<string, StartedHost>();
  #answers = 0;

  constructor(partitions: number = 1) {
    this.partitions = partitions;
    this.broker = createMemoryBroker({
      clock: this.clock,
      partitions,
      network: (crossing, carry) => {
        for (const fault of this.faults) if (fault(crossing, carry) === 'taken') return;
        queueMicrotask(carry);
      },
    });
    this.ports = this.broker.ports('test');
  }

  /** Waits in virtual time until it holds. */
  async until(
    holds: () => boolean | Promise<boolean>,
    what: string = holds.toString(),
  ): Promise<void> {
    await this.clock.settle();
    for (let waitedMs = 0; !(await holds()); waitedMs += 50) {
      if (waitedMs > 300_000) throw new Error(`It did not come to: ${what}`);
      await this.clock.advance(50);
    }
  }

  /** Lets time go on until a promise is settled. */
  async within<Result>(promise: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    promise.then(note, note);
    await this.until(() => isSettled, 'a settled promise');
    return promise;
  }

  async start(
    name: string,
    machines: MachinesByType = MACHINES,
    limits: Partial<HostLimits> = {},
    foldBy?: (connection: MemoryPorts['connection']) => Fold,
  ): Promise<StartedHost> {
    const ports = this.broker.ports(name);
    const lines: string[] = [];
    const host = await this.within(
      startHost({
        ports,
        service: 'shop',
        machines,
        name,
        clock: this.clock,
        checkSteps: true,
        builtIns: false,
        ...(foldBy !== undefined && { fold: foldBy(ports.connection) }),
        limits,
        log: (level, message, fields) => {
          if (level !== 'debug') lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
        },
      }),
    );
    const started = { host, ports, lines };
    this.hosts.set(name, started);
    return started;
  }

  /** The process is gone: nothing leaves it and nothing arrives any more. */
  kill(name: string): void {
    this.hosts.get(name)?.ports.connection.close();
  }

  /** Kills a host when the nth message that matches is about to pass, or right after. */
  killAt(
    name: string,
    matches: (crossing: Crossing) => boolean,
    { nth = 1, isAfter = false }: { readonly nth?: number; readonly isAfter?: boolean } = {},
  ): void {
    let seen = 0;
    this.faults.push((crossing, carry) => {
      if (crossing.connection !== name || !matches(crossing)) return 'carry';
      seen += 1;
      if (seen !== nth) return 'carry';
      if (isAfter) carry();
      this.kill(name);
      return 'taken';
    });
  }

  /** Appends an entry as a client does that wants no answer. */
  async append(
    actor: ActorAddress,
    kindToken: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const bytes = body instanceof Uint8Array ? body : encodeBody(body);
    const appended = await this.within(
      this.ports.journal.append({ ...actor, kindToken, body: bytes, headers }),
    );
    return appended.sequence;
  }

  send(actor: ActorAddress, event: { readonly type: string }): Promise<number> {
    return this.append(actor, 'event', event);
  }

  /** Creates as clients do: checked by the broker, with the machine's version. */
  async create(
    actor: ActorAddress,
    input?: unknown,
    version: string | undefined = '1',
  ): Promise<number> {
    const headers = version === '' ? {} : { [HEADER.version]: version };
    const appended = await this.within(
      this.ports.journal.append({
        ...actor,
        kindToken: 'create',
        body: encodeBody(input === undefined ? {} : { input }),
        headers,
        expectedLastSequence: 0,
      }),
    );
    return appended.sequence;
  }

  /** Appends and waits for the answer. */
  async ask(actor: ActorAddress, kindToken: string, body: unknown): Promise<Answer> {
    this.#answers += 1;
    const subject = this.broker.subjects.answer('test', String(this.#answers));
    const answer = new Promise<Answer>((resolve) => {
      this.ports.bus.subscribe(subject, ({ body: bytes }) =>
        resolve(decodeBody(bytes) as unknown as Answer),
      );
    });
    await this.append(actor, kindToken, body, { [HEADER.answerTo]: subject });
    return this.within(answer);
  }

  /** Asks a question of the hosts. */
  async request<Reply>(subject: string, question: unknown): Promise<Reply> {
    const reply = this.ports.bus.request(subject, encodeJson(question), { timeoutMs: 2000 });
    return decodeBody((await this.within(reply)).body) as unknown as Reply;
  }

  query(actor: ActorAddress): Promise<QuestionReply> {
    return this.request(this.broker.subjects.query(actor), { ask: 'state' });
  }

  async list(type: string, question: object = {}): Promise<ListReply> {
    return this.request(this.broker.subjects.list(type, 0), question);
  }

  partitionOf({ type, id }: ActorAddress): number {
    return partitionOf(type, id, this.partitions);
  }

  /** Everything delivered is acknowledged, and nothing waits. */
  isQuiet(service: string = 'shop'): boolean {
    return Array.from({ length: this.partitions }, (_, number) =>
      this.broker.partition(service, number),
    ).every((status) => status?.ackPending === 0 && status.waiting === 0);
  }

  untilQuiet(): Promise<void> {
    return this.until(() => this.isQuiet(), 'everything is acknowledged');
  }

  /** The state of the stored snapshot. */
  saved(actor: ActorAddress): ActorState | undefined {
    const found = this.broker
      .snapshots()
      .find(({ header }) => addressKey(header) === addressKey(actor));
    return found === undefined || found.body.length === 0 ? undefined : decodeState(found.body);
  }

  /** The mark of the stored snapshot. */
  parked(actor: ActorAddress): { readonly code: string; readonly from: number } | undefined {
    return this.broker.snapshots().find(({ header }) => addressKey(header) === addressKey(actor))
      ?.header.parked;
  }

  /** What a fresh fold of the journal says. */
  folded(actor: ActorAddress, machines: MachinesByType = MACHINES): ActorState | undefined {
    const registered = new Map<string, RegisteredMachine>();
    for (const [type, given] of Object.entries(machines)) {
      const list = (Array.isArray(given) ? given : [given]) as readonly AnyStateMachine[];
      for (const machine of list) {
        const each = registerMachine(type, machine);
        registered.set(`${type} ${each.version}`, each).set(`${type} any`, each);
      }
    }
    const machineOf = (type: string, version: string = 'any'): RegisteredMachine | undefined =>
      registered.get(`${type} ${version}`);
    const steps = [...replayJournal(machineOf, this.broker.entries(actor))];
    return steps.at(-1)?.step.state;
  }

  /** Snapshot and fresh fold of every actor agree. */
  checkAgreement(machines: MachinesByType = MACHINES): void {
    const actors = new Map(this.broker.entries().map((entry) => [addressKey(entry), entry]));
    for (const [key, { type, id }] of actors) {
      const folded = this.folded({ type, id }, machines);
      if (folded !== undefined) assert.equal(this.saved({ type, id }), folded, key);
    }
  }
}
