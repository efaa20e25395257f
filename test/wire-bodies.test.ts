// What core encodes matches the files in schemas/: entries, effects, states, answers, the registry.
import {
  actorAddress,
  cancelBody,
  childExistsMessage,
  command,
  commandMessage,
  createMessage,
  encodeBody,
  encodeJson,
  encodeState,
  foldTwice,
  historyEntryOf,
  jobMachine,
  machineRecordOf,
  peerMessage,
  readEntry,
  registerMachine,
  remote,
  replayJournal,
  schemasOf,
  stateNoticeOf,
  stateViewOf,
  summaryOf,
  timerMessage,
  createSubjects,
  type ActorState,
  type Effect,
  type StoredEntry,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assign, emit, sendTo, setup } from 'xstate';
import { z } from 'zod';
import { schemaFaults, validateBody, validateWire } from './wire-validator.ts';

const createVolume = command({
  name: 'create-volume',
  service: 'storage',
  encoding: 'json',
  input: z.object({ name: z.string() }),
  output: z.object({ backendId: z.string() }),
});
const { types, schemas } = schemasOf({
  input: z.object({ name: z.string() }),
  context: z.object({ name: z.string(), backendId: z.string().optional() }),
  events: { GO: z.object({}), STOP: z.object({ why: z.string() }) },
});
const volume = setup({
  types,
  schemas,
  actors: { createVolume, disk: remote('disk') },
}).createMachine({
  id: 'volume',
  version: '1',
  initial: 'creating',
  context: ({ input }) => ({ name: input.name }),
  states: {
    creating: {
      tags: ['busy'],
      invoke: {
        id: 'create',
        src: 'createVolume',
        input: ({ context }) => ({ name: context.name }),
        onDone: {
          target: 'ok',
          actions: assign({ backendId: ({ event }) => event.output.backendId }),
        },
        onError: 'erred',
      },
      after: { 600_000: 'erred' },
      on: { STOP: 'erred' },
    },
    ok: {
      entry: [
        emit({ type: 'volume.created' }),
        sendTo(actorAddress('pool', 'p-1'), { type: 'USED' }),
      ],
      on: { GO: 'attached' },
    },
    attached: {
      invoke: { id: 'disk', src: 'disk', input: () => ({ id: 'disk-1', input: { sizeGiB: 1 } }) },
      on: { STOP: 'erred' },
    },
    erred: { type: 'final' },
  },
});

const subjects = createSubjects();
const actor = { type: 'volume', id: 'vol-1' };
const START = 1_767_225_600_000;

/** Runs one life, and gives what a host would publish: subject and bytes. */
const live = (ends: readonly ('done' | 'STOP' | 'GO')[]) => {
  const registered = registerMachine('volume', volume);
  const published: [subject: string, bytes: Uint8Array][] = [];
  const stored: StoredEntry[] = [];
  const states: ActorState[] = [];
  const effects: Effect[] = [];
  let state: ActorState | undefined;

  const append = (kindToken: string, body: object): void => {
    const bytes = encodeBody(body);
    published.push([subjects.entry(kindToken, actor), bytes]);
    const sequence = stored.length + 1;
    const time = START + sequence * 1000;
    const entry = { ...actor, sequence, time, kindToken, headers: {}, body: bytes };
    stored.push(entry);
    const step = foldTwice(registered, state, readEntry(entry));
    if (step.outcome.kind !== 'applied') throw new Error(JSON.stringify(step.outcome));
    state = step.state;
    if (state === undefined) return;
    states.push(state);
    const origin = { state };
    effects.push(...step.effects);
    for (const effect of step.effects) publish(origin, effect);
  };
  const publish = (origin: { state: ActorState }, effect: Effect): void => {
    switch (effect.kind) {
      case 'command': {
        const message = commandMessage(origin, effect);
        published.push([subjects.command(message.subject), message.body]);
        break;
      }
      case 'cancel':
        published.push([subjects.cancel(effect.service), cancelBody(origin, effect)]);
        break;
      case 'arm': {
        const { generation, body } = timerMessage(origin, effect);
        published.push([subjects.timer(actor, generation), body]);
        break;
      }
      case 'peer': {
        const message = peerMessage(origin, effect);
        published.push([subjects.entry('peer', message), message.body]);
        break;
      }
      case 'create': {
        const message = createMessage(origin, effect, '1');
        published.push([subjects.entry(message.kindToken, message), message.body]);
        if (effect.parent === undefined) break;
        const exists = childExistsMessage(effect.to, effect.parent);
        const { type, id, kindToken, body } = exists;
        const read = { type, id, sequence: 1, time: START, kindToken, headers: {}, body };
        assert.is(readEntry(read).kind, 'host', 'the host reads what it writes');
        published.push([subjects.entry('host', exists), exists.body]);
        break;
      }
      case 'emit':
        published.push([subjects.emitted(actor, effect.event.type), encodeJson(effect.event)]);
        break;
      case 'disarm':
      case 'log':
      case 'late':
        break;
    }
  };

  append('create', { input: { name: 'data' } });
  for (const end of ends) {
    const running = effects.findLast((effect) => effect.kind === 'command');
    if (end !== 'done') append('event', { type: end, ...(end === 'STOP' && { why: 'enough' }) });
    else if (running !== undefined) {
      const { path, generation, task } = running;
      const output = { backendId: 'b-1' };
      append('reply-storage', { task, path, generation, outcome: 'done', output });
    }
  }
  return { registered, published, stored, states, effects };
};

const LIVES = [['done', 'GO', 'STOP'], ['STOP']] as const;

const test = suite('wire bodies');

test('all that entries and effects put on the wire', () => {
  const kinds = new Set<string>();
  for (const ends of LIVES) {
    const { published, effects } = live(ends);
    for (const { kind } of effects) kinds.add(kind);
    for (const [subject, bytes] of published) validateWire(subject, bytes);
  }
  const wanted = ['command', 'cancel', 'arm', 'disarm', 'peer', 'create', 'emit'];
  assert.equal(
    wanted.filter((kind) => !kinds.has(kind)),
    [],
  );
});

test('states as snapshots, views, notices, summaries, answers and history', () => {
  for (const ends of LIVES) {
    const { registered, states, stored } = live(ends);
    for (const state of states) {
      const view = stateViewOf(registered, state);
      validateBody('snapshot', encodeState(state));
      validateBody('state-view', encodeJson(view));
      validateBody('state-notice', encodeJson(stateNoticeOf(state)));
      validateBody('question-reply', encodeJson({ state: view }));
      validateBody('list-reply', encodeJson({ actors: [summaryOf(state)] }));
      const { sequence } = state;
      validateBody('answer', encodeJson({ sequence, outcome: 'applied', state: view }));
    }
    const history = [...replayJournal(() => registered, stored)].map(historyEntryOf);
    assert.is(history.length, stored.length);
    validateBody('question-reply', encodeJson({ history, next: 9 }));
  }
});

test('machines and tasks as the registry keeps them', () => {
  for (const registered of [
    registerMachine('volume', volume),
    registerMachine('job', jobMachine),
  ]) {
    const record = machineRecordOf(registered, 'storage');
    assert.equal(schemaFaults('machine-record', JSON.parse(JSON.stringify(record))), []);
  }
});

test.run();
