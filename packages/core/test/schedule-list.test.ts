// The list of a cron expression's coming times may come late: what went by is divided once.
import {
  encodeJson,
  foldTwice,
  readEntry,
  registerMachine,
  schedule,
  scheduleMachine,
  type ActorState,
  type Fold,
  type ScheduleContext,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('schedule list');

const START = 1_767_225_600_000;
const seconds = (...all: readonly number[]): number[] => all.map((each) => START + each * 1_000);

const fold: Fold = foldTwice;
const machine = registerMachine('schedule', scheduleMachine);

const answerAfter = (lateS: number, catchUp: 'latest' | '2s'): ScheduleContext => {
  const { definition, digest } = schedule({
    name: 'beat',
    cron: '* * * * * *',
    target: { type: 'beat' },
    overlap: 'allow',
    catchUp,
  });
  const actor = { type: 'schedule', id: 'beat' };
  const append = (
    state: ActorState | undefined,
    sequence: number,
    time: number,
    kindToken: string,
    body: object,
  ): ActorState | undefined =>
    fold(
      machine,
      state,
      readEntry({ ...actor, sequence, time, kindToken, headers: {}, body: encodeJson(body) }),
    ).state;
  const input = { definition, service: 'shop', digest };
  const born = append(undefined, 1, START, 'create', { input });
  const { path = '', generation = '' } = born?.pending.commands['times'] ?? {};
  // Whoever looked the times up saw one second go by; the answer took longer.
  const output = { due: seconds(1), missed: 0, coming: seconds(2, 3, 4, 5, 6, 7, 8, 9) };
  const reply = { task: 'schedule-times', path, generation, outcome: 'done', output };
  const state = append(born, 2, START + lateS * 1_000, 'reply-pawl', reply);
  return state?.snapshot.context as unknown as ScheduleContext;
};

const runsOf = ({ running }: ScheduleContext): number[] =>
  Object.values(running).map(({ tick }) => (tick - START) / 1_000);

test('the latest is run, not also the latest at the time of the question', () => {
  const context = answerAfter(4.5, 'latest');
  assert.equal(runsOf(context), [4]);
  assert.is(context.counts.missed, 3);
  assert.equal(context.coming, seconds(5, 6, 7, 8, 9));
});

test('a window counts from when the answer comes', () => {
  const context = answerAfter(4.5, '2s');
  assert.equal(runsOf(context), [3, 4]);
  assert.is(context.counts.missed, 2);
});

test('beyond the end of the list nothing is known: it is asked for again', () => {
  const context = answerAfter(60, 'latest');
  assert.ok(context.accountedTo < START + 10_000);
  assert.is(context.asked?.now, START + 60_000);
});

test.run();
