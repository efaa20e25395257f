// A limit against a plain list: whatever is asked and given back, in any order and repeatedly.
import {
  addressKey,
  decodeState,
  encodeState,
  foldTwice,
  limitAddress,
  limitMachine,
  permitPageOf,
  readEntry,
  registerMachine,
  encodeJson,
  HEADER,
  type ActorState,
} from '@pawl/core';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('limit against a list');

const SCOPE = 'cloud/a';
const limit = registerMachine('limit', limitMachine);

type Operation =
  | { readonly kind: 'acquire'; readonly who: number; readonly turn: number; readonly max: number }
  | { readonly kind: 'release'; readonly who: number; readonly turn: number }
  | { readonly kind: 'capacity'; readonly capacity: number | undefined }
  | { readonly kind: 'forget'; readonly who: number };

const who = fc.integer({ min: 0, max: 7 });
const turn = fc.integer({ min: 0, max: 3 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('acquire' as const), who, turn, max: fc.constant(3) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('release' as const), who, turn }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('capacity' as const),
      capacity: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), who }) },
);

const holderOf = (index: number): { readonly type: string; readonly id: string } => ({
  type: 'vm',
  id: `vm-${index}`,
});

/** Who is whose child: vm-1 below vm-0, vm-2 below both, vm-4 below vm-3. */
const PARENTS: Readonly<Record<number, readonly number[]>> = { 1: [0], 2: [1, 0], 4: [3] };

interface Asked {
  readonly who: number;
  readonly turn: number;
  place: object | undefined;
}

/** The plain list. */
class Model {
  list: Asked[] = [];
  ordered: number | undefined;

  get places(): number {
    return new Set(this.list.flatMap(({ place }) => (place === undefined ? [] : [place]))).size;
  }

  #hold(asked: Asked, place: object): void {
    asked.place = place;
    for (const below of this.list)
      if (below.place === undefined && (PARENTS[below.who] ?? []).includes(asked.who))
        this.#hold(below, place);
  }

  #grant(): void {
    for (;;) {
      const first = this.list.find(({ place }) => place === undefined);
      if (first === undefined || this.places >= (this.ordered ?? 3)) return;
      this.#hold(first, {});
    }
  }

  run(done: Operation): void {
    if (done.kind === 'capacity') this.ordered = done.capacity;
    else if (done.kind === 'forget') this.list = this.list.filter((each) => each.who !== done.who);
    else if (done.kind === 'release')
      this.list = this.list.filter((each) => each.who !== done.who || each.turn !== done.turn);
    else if (!this.list.some((each) => each.who === done.who && each.turn === done.turn)) {
      const asked: Asked = { who: done.who, turn: done.turn, place: undefined };
      this.list.push(asked);
      const parents = PARENTS[done.who] ?? [];
      const above = parents
        .map((parent) => this.list.find((each) => each.who === parent && each.place !== undefined))
        .find((each) => each !== undefined);
      if (above?.place !== undefined) this.#hold(asked, above.place);
    }
    this.#grant();
  }
}

const bodyOf = (done: Operation): { readonly kindToken: string; readonly body: object } => {
  if (done.kind === 'capacity')
    return { kindToken: 'admin', body: { type: 'set-capacity', by: 'a', capacity: done.capacity } };
  if (done.kind === 'forget')
    return {
      kindToken: 'admin',
      body: { type: 'release-permit', by: 'a', holder: holderOf(done.who) },
    };
  const event = {
    type: `pawl.${done.kind}`,
    scope: SCOPE,
    path: 'slot',
    generation: `${done.turn}-0-aaaaaaaa`,
    ...(done.kind === 'acquire' && {
      max: done.max,
      parents: (PARENTS[done.who] ?? []).map(holderOf),
    }),
  };
  return { kindToken: 'peer', body: { from: { ...holderOf(done.who), sequence: 1, n: 0 }, event } };
};

test('each step does what a list would', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const model = new Model();
      let sequence = 0;
      let state: ActorState | undefined;
      const fold = (kindToken: string, body: object, headers = {}) => {
        sequence += 1;
        const stored = { ...limitAddress(SCOPE), sequence, time: 1000 + sequence };
        const entry = readEntry({ ...stored, kindToken, headers, body: encodeJson(body) });
        const step = foldTwice(limit, state, entry);
        assert.is.not(step.outcome.kind, 'faulted');
        state = step.state;
        return step;
      };
      fold('create', { input: { scope: SCOPE, max: 3 } }, { [HEADER.version]: '1' });
      for (const done of operations) {
        const waited = model.list.filter(({ place }) => place === undefined);
        model.run(done);
        const { kindToken, body } = bodyOf(done);
        const step = fold(kindToken, body);
        const page = state && permitPageOf(state);
        const shown = page?.permits.map(({ holder, heldSince }) => [
          addressKey(holder),
          heldSince !== undefined,
        ]);
        const expected = model.list.map((each) => [`vm/vm-${each.who}`, each.place !== undefined]);
        assert.equal(shown, expected);
        assert.is(page?.held, model.places);
        // Those who waited and hold now have been told, in the order in which they asked.
        const granted = waited.filter(({ place }) => place !== undefined);
        const told = step.effects.flatMap((effect) =>
          effect.kind === 'peer' && effect.event.type === 'pawl.granted' ? [effect.to.id] : [],
        );
        for (const each of granted) assert.ok(told.includes(`vm-${each.who}`));
      }
      if (state !== undefined)
        assert.equal(encodeState(decodeState(encodeState(state))), encodeState(state));
    }),
    { numRuns: 300, seed: 5 },
  );
});

test.run();
