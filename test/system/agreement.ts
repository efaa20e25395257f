// Does the wire agree with the journal? A fresh fold must give the states and messages that passed.
import {
  commandMessage,
  createMessage,
  createSubjects,
  decodeBody,
  HEADER,
  jobMachine,
  limitMachine,
  peerMessage,
  registerMachine,
  replayJournal,
  stateNoticeOf,
  timerMessage,
  type ActorAddress,
  type ActorState,
  type Effect,
  type EffectOrigin,
  type MachineOf,
  type Ports,
  type RegisteredMachine,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import * as assert from 'uvu/assert';
import type { RecordedMessage, Recorder } from './recorder.ts';

const subjects = createSubjects();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Finds machines among those given, by type and version. */
export const machineFinder = (machines: Readonly<Record<string, AnyStateMachine>>): MachineOf => {
  const registered = new Map<string, RegisteredMachine>();
  for (const [type, machine] of Object.entries({
    job: jobMachine,
    limit: limitMachine,
    ...machines,
  }))
    registered.set(type, registerMachine(type, machine));
  return (type, version) => {
    const found = registered.get(type);
    return version === undefined || found?.version === version ? found : undefined;
  };
};

/** Every actor that the recorder saw an entry of. */
export const actorsOf = (recorder: Recorder): readonly ActorAddress[] => {
  const actors = new Map<string, ActorAddress>();
  for (const { subject } of recorder.below('pawl.live.')) {
    const [, , type = '', id = ''] = subject.split('.');
    actors.set(`${type}/${id}`, { type, id });
  }
  return [...actors.values()];
};

/** A message that the fold says must have passed: by what identifies it. */
interface Expected {
  readonly key: string;
  readonly body: string;
}

const expectedOf = (origin: EffectOrigin, effect: Effect): Expected | undefined => {
  switch (effect.kind) {
    case 'command': {
      const { messageId, body, subject } = commandMessage(origin, effect);
      return { key: `${subjects.command(subject)} ${messageId}`, body: hex(body) };
    }
    case 'arm': {
      const { actor, generation, body } = timerMessage(origin, effect);
      return { key: subjects.timer(actor, generation), body: hex(body) };
    }
    case 'peer': {
      const { type, id } = origin.state;
      const { body } = peerMessage(origin, effect);
      const mark = `${type}/${id}@${effect.sequence}-${effect.n}`;
      return { key: `${subjects.entry('peer', effect.to)} ${mark}`, body: hex(body) };
    }
    case 'create': {
      const { kindToken, body, headers } = createMessage(origin, effect, undefined);
      const cause = headers?.[HEADER.cause] ?? '';
      return { key: `${subjects.entry(kindToken, effect.to)} ${cause}`, body: hex(body) };
    }
    case 'emit': {
      const { type, id } = origin.state;
      const body = hex(Buffer.from(effect.id));
      return { key: `pawl.emitted.${type}.${id} ${effect.id}`, body };
    }
    case 'cancel':
    case 'disarm':
    case 'log':
    case 'late':
      return undefined;
  }
};

const recordedOf = ({ subject, headers, body }: RecordedMessage): Expected | undefined => {
  if (subject.startsWith('pawl.command.'))
    return { key: `${subject} ${headers[HEADER.messageId] ?? ''}`, body: hex(body) };
  if (subject.startsWith('pawl.timer.'))
    return body.length === 0 ? undefined : { key: subject, body: hex(body) };
  if (subject.startsWith('pawl.in.peer.')) {
    const from = decodeBody(body)['from'] as {
      type: string;
      id: string;
      sequence: number;
      n: number;
    };
    const mark = `${from.type}/${from.id}@${from.sequence}-${from.n}`;
    return { key: `${subject} ${mark}`, body: hex(body) };
  }
  if (subject.startsWith('pawl.in.child.'))
    return { key: `${subject} ${headers[HEADER.cause] ?? ''}`, body: hex(body) };
  if (subject.startsWith('pawl.emitted.')) {
    const [, , type = '', id = ''] = subject.split('.');
    const eventId = headers['ce-id'] ?? '';
    return { key: `pawl.emitted.${type}.${id} ${eventId}`, body: hex(Buffer.from(eventId)) };
  }
  return undefined;
};

/** What was compared. */
export interface Agreement {
  readonly actors: number;
  readonly entries: number;
  readonly messages: number;
  readonly notices: number;
}

/**
 * Folds every recorded actor's journal anew and compares: each message that the fold decides passed
 * with the same bytes, nothing else passed, and each state notice says what the fold says.
 */
export const checkAgreement = async (
  ports: Ports,
  machineOf: MachineOf,
  recorder: Recorder,
): Promise<Agreement> => {
  const expected = new Map<string, string>();
  const states = new Map<string, ActorState>();
  const actors = actorsOf(recorder);
  let entries = 0;
  for (const actor of actors)
    for (const { step, entry, stored } of replayJournal(
      machineOf,
      await ports.journal.read(actor),
    )) {
      entries += 1;
      const { state } = step;
      if (state === undefined) continue;
      states.set(`${actor.type}/${actor.id}@${stored.sequence}`, state);
      const origin = { state, traceparent: entry?.headers[HEADER.traceparent] };
      for (const effect of step.effects) {
        const message = expectedOf(origin, effect);
        if (message !== undefined) expected.set(message.key, message.body);
      }
    }

  const passed = new Map<string, string>();
  for (const message of recorder.messages()) {
    const recorded = recordedOf(message);
    if (recorded === undefined) continue;
    const before = passed.get(recorded.key);
    if (before !== undefined)
      assert.is(recorded.body, before, `${recorded.key} passed twice, alike`);
    passed.set(recorded.key, recorded.body);
  }
  for (const [key, body] of expected) assert.is(passed.get(key), body, `${key} as the fold says`);
  for (const key of passed.keys()) assert.ok(expected.has(key), `${key} is decided by no step`);

  let notices = 0;
  for (const { subject, body } of recorder.below('pawl.state.')) {
    const [, , type = '', id = ''] = subject.split('.');
    const notice = decodeBody(body);
    const state = states.get(`${type}/${id}@${String(notice['sequence'])}`);
    assert.ok(state, `${subject} speaks of an entry of the journal`);
    assert.equal(notice, JSON.parse(JSON.stringify(stateNoticeOf(state))));
    notices += 1;
  }
  return { actors: actors.length, entries, messages: passed.size, notices };
};
