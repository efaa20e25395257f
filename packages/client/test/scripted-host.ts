// A host by script: folds the live feed with XState itself, answers, notifies and can be unwell.
import { decodeBody, encodeJson, HEADER, partitionOf } from '@pawl/core';
import type {
  Answer,
  BusMessage,
  ErrorData,
  EventBody,
  HistoryEntry,
  ListQuestion,
  Question,
  StateView,
  StoredEntry,
} from '@pawl/core';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import type { MemoryBroker, MemoryPorts, VirtualClock } from '@pawl/testing';
import { createActor, type ActorRefFrom } from 'xstate';
import { openClient, type Client, type ClientOptions } from '../src/index.ts';
import { volume } from './volume.machine.ts';

/** What goes wrong. */
export interface Trouble {
  /** Folds and notifies, but never answers. */
  answers: boolean;
  /** Answers, but sends no notices. */
  notices: boolean;
  /** Answers questions. */
  questions: boolean;
  /** Its states are too large to be sent. */
  tooLarge: boolean;
  /** Questions for states are refused so. */
  refusal: ErrorData | undefined;
}

/** The host, and the broker that it shares with the client under test. */
export interface ScriptedHost {
  readonly broker: MemoryBroker;
  readonly clock: VirtualClock;
  readonly ports: MemoryPorts;
  readonly trouble: Trouble;
  /** State questions answered so far. */
  questions(): number;
  /** A client on a connection of its own. */
  client(options?: Partial<ClientOptions>): { client: Client; ports: MemoryPorts };
  /** An event that comes from somewhere else. */
  event(id: string, event: EventBody): Promise<void>;
  /** Runs a call of the client while the clock goes on. */
  during<Result>(call: Promise<Result>, ms?: number): Promise<Result>;
}

interface Life {
  readonly actor: ActorRefFrom<typeof volume>;
  sequence: number;
  time: number;
  fault?: ErrorData;
  readonly history: HistoryEntry[];
}

const PARTITIONS = 4;

const TOO_LARGE: ErrorData = { code: 'payload-too-large', message: 'It does not fit.' };

/** A host of type `volume` on a broker of its own. */
export const createScriptedHost = async (): Promise<ScriptedHost> => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock, partitions: PARTITIONS });
  const ports = broker.ports('host');
  const { bus, subjects } = ports;
  const trouble: Trouble = {
    answers: true,
    notices: true,
    questions: true,
    tooLarge: false,
    refusal: undefined,
  };
  const lives = new Map<string, Life>();
  let questions = 0;

  await ports.registry.registerMachine({
    type: 'volume',
    version: '1',
    service: 'storage',
    digest: 'd',
    definition: {},
    events: {},
    commands: [],
  });

  const viewOf = (id: string, life: Life): StateView => {
    const snapshot = life.actor.getSnapshot();
    const { sequence, time, fault } = life;
    const accepts = snapshot.value === 'ok' ? ['EXTEND', 'DELETE', 'BREAK'] : ['CREATED'];
    return {
      type: 'volume',
      id,
      version: '1',
      sequence,
      time,
      since: time,
      status: fault ? 'faulted' : snapshot.status === 'done' ? 'done' : 'active',
      value: snapshot.value,
      tags: [...snapshot.tags],
      context: snapshot.context,
      ...(snapshot.output !== undefined && { output: snapshot.output }),
      ...(fault && { fault: { sequence, time, error: fault } }),
      waitingFor: [],
      accepts,
    };
  };

  type Outcome = HistoryEntry['outcome'];
  const outcomes = new Map<number, { readonly entry: StoredEntry; readonly outcome: Outcome }>();

  const step = (entry: StoredEntry): Outcome => {
    const body = decodeBody(entry.body);
    const life = lives.get(entry.id);
    const refused = (code: string, message: string): Outcome => ({
      kind: 'refused',
      error: { code, message },
    });
    if (entry.kindToken === 'create') {
      if (life !== undefined && life.actor.getSnapshot().status !== 'done')
        return refused('actor-exists', 'It exists.');
      const input = body['input'] as { sizeGiB: number };
      const actor = createActor(volume, { input }).start();
      const { sequence, time } = entry;
      lives.set(entry.id, { actor, sequence, time, history: life?.history ?? [] });
      return { kind: 'applied' };
    }
    if (life === undefined) return refused('no-such-actor', 'It has not been created.');
    life.sequence = entry.sequence;
    if (life.fault) return refused('actor-faulted', 'It is faulted.');
    const event = body as unknown as Parameters<typeof life.actor.send>[0];
    const snapshot = life.actor.getSnapshot();
    if (snapshot.status === 'done') return refused('actor-ended', 'It has ended.');
    if (event.type === 'BREAK') {
      life.fault = { code: 'step-failed', message: 'The guard threw.' };
      return { kind: 'faulted', error: life.fault };
    }
    if (!snapshot.can(event))
      return refused('event-refused', `${snapshot.value} does not take ${event.type}.`);
    life.actor.send(event);
    return { kind: 'applied' };
  };

  const answerOf = (entry: StoredEntry, outcome: Outcome, state?: StateView): Answer => {
    const { sequence } = entry;
    const known = state && { state };
    if (outcome.kind === 'applied' && trouble.tooLarge)
      return { sequence, outcome: 'applied', error: TOO_LARGE };
    if (outcome.kind === 'applied' && state) return { sequence, outcome: 'applied', state };
    if (outcome.kind === 'applied' || outcome.kind === 'ignored')
      return { sequence, outcome: 'ignored', reason: 'nothing-to-do', ...known };
    return { sequence, outcome: outcome.kind, error: outcome.error, ...known };
  };

  const onEntry = async ({ headers }: BusMessage): Promise<void> => {
    const entry = await ports.journal.get(Number(headers['Nats-Sequence']));
    if (entry === undefined) return;
    const outcome = step(entry);
    outcomes.set(entry.sequence, { entry, outcome });
    const life = lives.get(entry.id);
    const { type = 'create' } = decodeBody(entry.body);
    life?.history.push({
      sequence: entry.sequence,
      time: entry.time,
      kind: entry.kindToken === 'create' ? 'create' : 'event',
      event: typeof type === 'string' ? type : 'create',
      body: decodeBody(entry.body),
      outcome,
      effects: [],
    });
    const view = life && viewOf(entry.id, life);
    const answerTo = entry.headers[HEADER.answerTo];
    if (answerTo !== undefined && trouble.answers)
      bus.publish(answerTo, encodeJson(answerOf(entry, outcome, view)));
    if (view !== undefined && trouble.notices) {
      const { sequence, time, value, tags, status } = view;
      bus.publish(subjects.state(entry), encodeJson({ sequence, time, value, tags, status }));
    }
  };

  const onQuestion = (message: BusMessage): void => {
    if (!trouble.questions) return;
    const id = message.subject.split('.').at(-1) ?? '';
    const question = decodeBody(message.body) as unknown as Question;
    const life = lives.get(id);
    if (question.ask === 'state') questions += 1;
    const respond = (reply: object): void => message.respond(encodeJson(reply));
    if (trouble.refusal !== undefined) return respond({ error: trouble.refusal });
    const isAbout = ({ sequence }: { readonly sequence: number }): boolean =>
      'sequence' in question && sequence === question.sequence;
    if (question.ask === 'entry') {
      const entry = broker.entries({ type: 'volume', id }).find(isAbout);
      if (entry === undefined) return respond({ entry: null });
      const { sequence, kindToken } = entry;
      return respond({ entry: { sequence, kind: kindToken, body: decodeBody(entry.body) } });
    }
    if (question.ask === 'answer') {
      const told = outcomes.get(question.sequence);
      if (told === undefined) return;
      const { entry, outcome } = told;
      return respond({ answer: answerOf(entry, outcome, life && viewOf(id, life)) });
    }
    if (life === undefined)
      return respond({ error: { code: 'no-such-actor', message: `No volume/${id}.` } });
    if (question.ask === 'state' && trouble.tooLarge) return respond({ error: TOO_LARGE });
    if (question.ask === 'state') return respond({ state: viewOf(id, life) });
    if (question.ask !== 'history') return;
    const { from = 0, limit = 2 } = question;
    const later = life.history.filter(({ sequence }) => sequence >= from);
    const page = later.slice(0, Math.min(limit, 2)); // Small pages: the client must page on.
    const next = later[page.length]?.sequence;
    respond({ history: page, ...(next !== undefined && { next }) });
  };

  const onList = (message: BusMessage): void => {
    const partition = Number(message.subject.split('.').at(-1));
    const { state, tag, after = '' } = decodeBody(message.body) as unknown as ListQuestion;
    const views = [...lives]
      .filter(([id]) => partitionOf('volume', id, PARTITIONS) === partition && id > after)
      .map(([id, life]) => viewOf(id, life))
      .filter((view) => (state ?? view.value) === view.value)
      .filter(({ tags }) => tag === undefined || tags.includes(tag))
      .toSorted((left, right) => (left.id < right.id ? -1 : 1));
    const page = views.slice(0, 2);
    message.respond(
      encodeJson({ actors: page, ...(views.length > 2 && { next: page.at(-1)?.id }) }),
    );
  };

  // Entries are folded one after the other, as a host does.
  let last: Promise<void> = Promise.resolve();
  bus.subscribe(`${subjects.prefix}.live.volume.>`, (message) => {
    last = last.then(() => onEntry(message));
  });
  bus.subscribe(`${subjects.prefix}.query.volume.*`, onQuestion);
  bus.subscribe(`${subjects.prefix}.list.volume.*`, onList);

  return {
    broker,
    clock,
    ports,
    trouble,
    questions: () => questions,
    client: (options = {}) => {
      const own = broker.ports('client');
      return { client: openClient({ ports: own, clock, ...options }), ports: own };
    },
    event: async (id, event) => {
      await ports.journal.append({
        type: 'volume',
        id,
        kindToken: 'event',
        body: encodeJson(event),
      });
      await clock.settle();
    },
    during: async (call, ms = 0) => {
      call.catch(() => undefined); // Looked at below; until then it is not unhandled.
      await clock.advance(ms);
      return call;
    },
  };
};
