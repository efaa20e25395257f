// What a grant costs with many in the queue: no more than twice of what it costs with few.
import {
  encodeBody,
  encodeState,
  fold,
  HEADER,
  limitAddress,
  limitMachine,
  readEntry,
  registerMachine,
  type ActorState,
} from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('cost of a grant');

const SCOPE = 'cloud/a';
const CAPACITY = 4;
const GRANTS = 3000;
const ROUNDS = 5;
const GRANTS_PER_SNAPSHOT = 1000;
const limit = registerMachine('limit', limitMachine);

/** A limit with so many in its queue; each grant is followed by one who asks. */
class Queue {
  state: ActorState | undefined;
  #sequence = 0;
  #asked = 0;
  #released = 0;

  constructor(waiting: number) {
    const headers = { [HEADER.version]: '1' };
    this.#fold('create', { input: { scope: SCOPE, max: CAPACITY } }, headers);
    for (let index = 0; index < waiting + CAPACITY; index += 1) this.ask();
  }

  #fold(kindToken: string, body: object, headers = {}): void {
    this.#sequence += 1;
    const address = limitAddress(SCOPE);
    const [sequence, time] = [this.#sequence, 1_767_225_600_000 + this.#sequence];
    const stored = { ...address, sequence, time, kindToken, headers, body: encodeBody(body) };
    this.state = fold(limit, this.state, readEntry(stored)).state;
  }

  #signal(type: string, who: number): void {
    const from = { type: 'instance', id: `vm-${who}`, sequence: who, n: 0 };
    const generation = `${who}-0-abcdefgh`;
    const event = { type, scope: SCOPE, max: CAPACITY, path: 'creating/slot', generation };
    this.#fold('peer', { from, event });
  }

  ask(): void {
    this.#asked += 1;
    this.#signal('pawl.acquire', this.#asked);
  }

  release(): void {
    this.#released += 1;
    this.#signal('pawl.release', this.#released);
  }
}

/** CPU time of one grant, µs, the least of some rounds: noise only adds. */
const costOf = (queue: Queue): number => {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let index = 0; index < GRANTS; index += 1) {
      queue.release();
      queue.ask();
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / GRANTS);
  }
  return least;
};

const snapshotOf = (
  state: ActorState | undefined,
): { readonly bytes: number; readonly us: number } => {
  let us = Infinity;
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    bytes = state === undefined ? 0 : encodeState(state).byteLength;
    const { user, system } = process.cpuUsage(before);
    us = Math.min(us, user + system);
  }
  return { bytes, us };
};

test('10,000 who wait make a grant at most twice as dear as 10', () => {
  const few = new Queue(10);
  const many = new Queue(10_000);
  costOf(few);
  const [cheap, dear] = [costOf(few), costOf(many)];
  // A host saves at most once in 200 ms; this is a save after every so many grants.
  const { bytes, us } = snapshotOf(many.state);
  const saved = (queue: number): number => queue + us / GRANTS_PER_SNAPSHOT;
  console.log(
    `\n  ${cheap.toFixed(1)} µs with 10, ${dear.toFixed(1)} µs with 10,000 (release, grant, ` +
      `request); a snapshot of 10,000: ${bytes} bytes in ${(us / 1000).toFixed(1)} ms`,
  );
  assert.ok(saved(dear) <= 2 * cheap, `${saved(dear)} µs is more than twice ${cheap} µs`);
  assert.equal(many.state?.tags, ['4/4 held', '10000 waiting']);
});

test.run();
