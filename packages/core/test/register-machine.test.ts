// The registration check: every problem at once, each with its place; and the digest.
import {
  command,
  machineRecordOf,
  PawlError,
  registerMachine,
  remote,
  schemasOf,
  type MachineProblem,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  fromTransition,
  log,
  raise,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  type AnyStateMachine,
} from 'xstate';
import { z } from 'zod';

const work = command({
  name: 'work',
  service: 'works',
  input: z.object({ size: z.number() }),
  output: z.object({ id: z.string() }),
});

const problemsOf = (config: object, implementations: object = {}): MachineProblem[] => {
  const machine = createMachine(
    { id: 'm', version: '1', ...config } as never,
    implementations as never,
  );
  try {
    registerMachine('thing', machine);
    return [];
  } catch (error) {
    assert.instance(error, PawlError);
    const { code, details } = error as PawlError;
    assert.is(code, 'machine-invalid');
    return details['problems'] as MachineProblem[];
  }
};

/** Places of the problems, which must have the code. */
const placesOf = (problems: readonly MachineProblem[], code: string = 'machine-invalid') =>
  problems.map((problem) => {
    assert.is(problem.code, code, problem.message);
    return problem.where;
  });

const test = suite('registration check');

test('a good machine has no problem and stays as it was', () => {
  const child = createMachine({ id: 'child', context: {} });
  const machine = setup({
    types: { context: {} as { n: number } },
    actors: { work, child, far: remote('far'), sum: fromTransition((state: number) => state, 0) },
    guards: { isBig: ({ context }) => context.n > 3 },
    delays: { soon: 500 },
    actions: { count: assign({ n: ({ context }) => context.n + 1 }) },
  }).createMachine({
    id: 'good',
    version: '1',
    context: { n: 0 },
    initial: 'a',
    on: {
      'pawl.stop': '.b',
      'pawl.late.work': {},
      'xstate.done.actor.kid': {},
    },
    states: {
      a: {
        entry: ['count', log('x'), emit({ type: 'y' }), raise({ type: 'GO' }, { delay: 'soon' })],
        exit: [cancel('z'), stopChild('kid'), enqueueActions(() => undefined)],
        invoke: { id: 'w', src: 'work', input: { size: 1 }, onError: 'b' },
        after: { soon: 'b', 1000: { target: 'b', guard: 'isBig' } },
        always: { guard: and(['isBig']), target: 'b' },
        on: { GO: { actions: spawnChild('child', { id: 'kid' }) } },
      },
      b: { invoke: { id: 'w', src: 'far', input: { id: 'x', input: {} }, onError: 'a' } },
    },
  });
  const { maxIterations } = machine.options;
  const registered = registerMachine('thing', machine);
  assert.equal(registered.warnings, []);
  assert.equal([...registered.eventTypes], ['GO']);
  assert.equal([...registered.signalTypes], ['pawl.stop', 'pawl.late.work']);
  assert.is(machine.options.maxIterations, maxIterations);
  assert.is(registered.machine, machine);
  assert.is.not(registered.runnable, machine);
});

test('type and version', () => {
  const machine = createMachine({ id: 'm' });
  assert.throws(
    () => registerMachine('Thing', machine),
    (error: PawlError) => error.message.includes('"Thing"') && error.message.includes('version'),
  );
});

test('invokes: id missing, id that breaks paths, unknown and inline actors', () => {
  const invoke = [
    { src: 'work' },
    { id: 'a/b', src: 'work' },
    { id: 'a', src: 'nobody' },
    { id: 'b', src: fromPromise(() => Promise.resolve()) },
  ];
  assert.equal(placesOf(problemsOf({ invoke }, { actors: { work } })), [
    'm invoke work',
    'm invoke a/b',
    'm invoke a',
    'm invoke b',
  ]);
});

test('invokes: one id twice is a problem where both can run at once, and only there', () => {
  const invoke = { id: 'w', src: 'work', onError: {} };
  const twice = { a: { invoke }, b: { invoke } };
  const actors = { actors: { work } };
  assert.equal(problemsOf({ initial: 'a', states: twice }, actors), []);
  assert.equal(placesOf(problemsOf({ type: 'parallel', states: twice }, actors)), ['m.b invoke w']);
  const nested = { invoke, initial: 'a', states: { a: { invoke } } };
  assert.equal(placesOf(problemsOf(nested, actors)), ['m.a invoke w']);
});

test('spawnChild: id missing, unknown actor', () => {
  const entry = [spawnChild('work'), spawnChild('nobody', { id: 'x' })];
  assert.equal(placesOf(problemsOf({ entry }, { actors: { work } })), ['m entry', 'm entry']);
});

test('actors that live in one process only', () => {
  const actors = { ask: fromPromise(() => Promise.resolve()) };
  assert.equal(placesOf(problemsOf({}, { actors })), ['m actor ask']);
});

test('actions: unknown ones, and side effects inline or by name', () => {
  assert.equal(placesOf(problemsOf({ entry: 'nothing' })), ['m entry']);
  const named = problemsOf({ exit: 'call' }, { actions: { call: () => undefined } });
  assert.equal(placesOf(named, 'side-effect'), ['m exit']);
  const inline = problemsOf({ on: { GO: { actions: [() => undefined] } } });
  assert.equal(placesOf(inline, 'side-effect'), ['m on GO']);
  const initial = { target: 'a', actions: () => undefined };
  assert.equal(placesOf(problemsOf({ initial, states: { a: {} } }), 'side-effect'), ['m initial']);
});

test('guards and delays that nobody defined', () => {
  const on = { GO: { guard: 'isMissing' }, RUN: { guard: and(['isAlsoMissing']) } };
  assert.equal(placesOf(problemsOf({ on })), ['m on GO', 'm on RUN']);
  const after = { never: 'a', 1000: 'a' };
  assert.equal(placesOf(problemsOf({ initial: 'a', states: { a: { after } } })), ['m.a after']);
  const entry = raise({ type: 'GO' }, { delay: 'never' as never });
  assert.equal(placesOf(problemsOf({ entry })), ['m entry']);
});

test('events: names of XState and Pawl, and wildcards', () => {
  const on = { 'xstate.done.state.m': {}, 'pawl.anything': {}, '*': {}, 'a.*': {} };
  assert.equal(placesOf(problemsOf({ on })), [
    'm on xstate.done.state.m',
    'm on pawl.anything',
    'm on *',
    'm on a.*',
  ]);
});

test('events without a schema, when there are schemas', () => {
  const { schemas } = schemasOf({
    input: z.object({}),
    context: z.object({}),
    events: { GO: z.object({}) },
  });
  assert.equal(placesOf(problemsOf({ schemas, on: { GO: {}, RUN: {} } })), ['m on RUN']);
});

test('nested machines are checked, too', () => {
  const child = createMachine({ id: 'child', entry: 'nothing' } as never);
  assert.equal(placesOf(problemsOf({}, { actors: { child } })), ['child entry']);
});

test('all problems are told at once', () => {
  const problems = problemsOf({ version: '', entry: 'nothing', on: { '*': {} } });
  assert.equal(placesOf(problems), ['m', 'm on *', 'm entry']);
});

test('a command without onError is a warning', () => {
  const machine = createMachine(
    { id: 'm', version: '1', invoke: { id: 'w', src: 'work' } },
    {
      actors: { work },
    },
  );
  const { warnings } = registerMachine('thing', machine);
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'm invoke w');
});

const createVersion = (changes: {
  readonly delay?: number;
  readonly guard?: string;
  readonly timeoutMs?: number;
  readonly isOther?: boolean;
}): AnyStateMachine => {
  const { delay = 1000, guard = 'isBig', timeoutMs = 60_000, isOther = false } = changes;
  const { contract } = work;
  return setup({
    actors: { work: command({ ...contract, timeoutMs } as Parameters<typeof command>[0]) },
    guards: { isBig: () => isOther, isSmall: () => false },
  }).createMachine({
    id: 'm',
    version: '1',
    initial: 'a',
    states: {
      a: {
        invoke: { id: 'w', src: 'work', input: { size: 1 }, onError: 'b' },
        after: { [delay]: { target: 'b', guard: guard as 'isBig' } },
      },
      b: { exit: sendTo(({ self }) => self, { type: 'X' }) },
    },
  });
};

const digestOf = (changes: Parameters<typeof createVersion>[0], allowInlineText: boolean = false) =>
  registerMachine('thing', createVersion(changes), { allowInlineText }).digest;

test('the digest covers states, names and contracts, not function text', () => {
  const digest = digestOf({});
  assert.match(digest, /^[0-9a-f]{16}$/);
  assert.is(digestOf({}), digest);
  assert.is(digestOf({ isOther: true }), digest);
  for (const changes of [{ delay: 2000 }, { guard: 'isSmall' }, { timeoutMs: 1000 }])
    assert.is.not(digestOf(changes), digest, JSON.stringify(changes));
});

test('the digest is the same in every process', () => {
  // If it must change, then so must the version of every machine that anybody has running.
  const machine = setup({ actors: { work } }).createMachine({
    id: 'm',
    version: '1',
    initial: 'a',
    states: {
      a: { invoke: { id: 'w', src: 'work', input: { size: 1 }, onError: 'b' }, on: { GO: 'b' } },
      b: { type: 'final' },
    },
  });
  assert.is(registerMachine('thing', machine).digest, '024a24a7eb982f0d');
});

test('an initial state that is not there is a problem with its place and the way out', () => {
  const states = { a: { initial: 'deep', states: { b: {}, c: {} } }, d: {} };
  const problems = problemsOf({ initial: 'nowhere', states });
  assert.equal(placesOf(problems), ['m initial', 'm.a initial']);
  assert.match(problems[0]?.message ?? '', /"nowhere".*a, d/);
  assert.match(problems[1]?.message ?? '', /"deep".*b, c/);
});

test('in development function text counts, and the version follows from the digest', () => {
  const create = (size: number) =>
    createMachine({ id: 'm', context: size > 1 ? () => ({ a: 1 }) : () => ({ a: 2 }) });
  const [one, other] = [create(1), create(2)].map((machine) =>
    registerMachine('thing', machine, { allowInlineText: true }),
  );
  assert.is.not(one?.digest, other?.digest);
  assert.is(one?.version, `dev-${one?.digest.slice(0, 8)}`);
});

test('the record for the registry has schemas of input, events and commands', () => {
  const { types, schemas } = schemasOf({
    input: z.object({ name: z.string() }),
    context: z.object({}),
    events: { GO: z.object({ far: z.number() }) },
  });
  const machine = setup({ types, schemas, actors: { work } }).createMachine({
    id: 'm',
    version: '7',
    context: {},
    on: { GO: {} },
  });
  const record = machineRecordOf(registerMachine('thing', machine), 'works');
  assert.is(record.version, '7');
  assert.is((record.inputSchema as { type: string }).type, 'object');
  assert.equal(Object.keys((record.events['GO'] as { properties: object }).properties), ['far']);
  assert.equal(
    record.commands.map(({ service, name, job }) => [service, name, job]),
    [['works', 'work', false]],
  );
  assert.equal(JSON.parse(JSON.stringify(record)), record, 'it is JSON');
});

test.run();
