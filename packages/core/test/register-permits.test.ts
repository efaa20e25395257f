// Permits that registration, or their declaration, refuses: each with its place and the way out.
import { permit, PawlError, registerMachine, remote, type MachineProblem } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMachine, spawnChild } from 'xstate';

const test = suite('registration of permits');

const one = permit('cloud/a', { max: 1 });
const two = permit('cloud/b', { max: 1 });
const first = { id: 'first', src: 'one', onError: {} };
const second = { id: 'second', src: 'two', onError: {} };
const on = { 'pawl.granted.first': {}, 'pawl.granted.second': {} };

const register = (config: object, actors: object = { one, two }): readonly string[] => {
  const machine = createMachine({ id: 'm', version: '1', ...config } as never, { actors });
  return registerMachine('thing', machine).warnings;
};

const problemsOf = (config: object, actors?: object): readonly MachineProblem[] => {
  try {
    register(config, actors);
    return [];
  } catch (error) {
    assert.instance(error, PawlError);
    return (error as PawlError).details['problems'] as MachineProblem[];
  }
};

const nested = (config: object, actors?: object): MachineProblem => {
  const [problem, ...others] = problemsOf(config, actors);
  assert.ok(problem !== undefined && others.length === 0, 'one problem');
  assert.is(problem.code, 'nested-permit');
  return problem;
};

test('one inside another: both are named, and the three ways out', () => {
  const { where, message } = nested({
    on,
    invoke: first,
    initial: 'a',
    states: { a: { invoke: second } },
  });
  assert.is(where, 'm.a invoke second');
  assert.match(message, 'held by m invoke first at the same time');
  assert.match(message, /permit\(\[…\]\), leave the first state before, or .*\(remote\)/);
});

test('side by side in parallel states, and twice in one', () => {
  const states = { a: { invoke: first }, b: { invoke: second } };
  assert.is(nested({ on, type: 'parallel', states }).where, 'm.b invoke second');
  assert.is(nested({ on, invoke: [first, second] }).where, 'm invoke second');
});

test('in a machine that runs inside, but not in an actor of its own', () => {
  const inner = createMachine(
    { id: 'inner', on: { 'pawl.granted.second': {} }, invoke: second } as never,
    { actors: { two } },
  );
  const invoke = [first, { id: 'part', src: 'inner', onError: {} }];
  const own = { 'pawl.granted.first': {} };
  const { where } = nested({ on: own, invoke }, { one, inner });
  assert.is(where, 'm invoke part');
  const away = { one, inner: remote('inner') };
  assert.equal(problemsOf({ on: own, invoke }, away), []);
});

test('one after the other is right, and so are several in one', () => {
  const states = { a: { invoke: first, on: { GO: 'b' } }, b: { invoke: second } };
  assert.equal(problemsOf({ on, initial: 'a', states }), []);
  const both = permit(['cloud/a', 'cloud/b'], { max: 1 });
  const config = { on: { 'pawl.granted.first': {} }, invoke: first };
  assert.equal(problemsOf(config, { one: both }), []);
});

test('a permit is invoked, not spawned: nothing would give it back', () => {
  const problems = problemsOf({ entry: spawnChild('one', { id: 'x' }) });
  assert.match(problems[0]?.message ?? '', 'held while a state is active: invoke it there');
});

test('a grant of nobody is a problem; one that nobody hears of is a warning', () => {
  const working = { initial: 'a', states: { a: {}, b: {} } };
  const [problem] = problemsOf({ ...working, on: { 'pawl.granted.frist': '.b' }, invoke: first });
  assert.match(problem?.message ?? '', 'No permit is invoked with the id frist. There are: first.');
  const warnings = register({ invoke: first });
  assert.match(warnings.join('\n'), /permit first.*No state takes pawl\.granted\.first/);
});

test('scopes and capacities that are known beforehand are refused where they are declared', () => {
  const thrownBy = (make: () => unknown): PawlError => {
    try {
      make();
    } catch (error) {
      assert.instance(error, PawlError);
      return error as PawlError;
    }
    throw new Error('Nothing was thrown.');
  };
  for (const scope of ['', 'a b', '/a', 'a/', 'a//b', 'ä', 'x'.repeat(257)]) {
    const { code, message } = thrownBy(() => permit(scope, { max: 1 }));
    assert.is(code, 'invalid-scope', scope);
    assert.match(message, JSON.stringify(scope));
    assert.match(message, 'segments of A-Z, a-z, 0-9, _ and - joined by /, at most 256 characters');
  }
  assert.is(thrownBy(() => permit(['a', 'b c'], { max: 1 })).code, 'invalid-scope');
  for (const max of [0, -1, 1.5, NaN, Infinity]) {
    const { code, message } = thrownBy(() => permit('a', { max }));
    assert.is(code, 'invalid-capacity', String(max));
    assert.match(message, 'it must be a whole number from 1 on');
  }
});

test.run();
