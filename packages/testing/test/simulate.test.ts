// simulate(): a user's machine in many worlds; a world is a pure function; failures are shortened.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions } from '@pawl/testing';
import { runWorld, scenarioWorld } from '@pawl/testing/simulation';
import { task } from '@pawl/worker';
import { awaitVolume, createVolume, volume } from './volume.machine.ts';

const test = suite('simulate');

test('a world is a pure function of its seed', async () => {
  const tell = async (seed: string): Promise<readonly string[]> => {
    const lines: string[] = [];
    await runWorld({ ...scenarioWorld(seed), trace: (line) => void lines.push(line) });
    return lines;
  };
  const [first, again, other] = [await tell('7'), await tell('7'), await tell('8')];
  assert.ok(first.length > 300);
  assert.equal(again, first);
  assert.not.equal(other, first);
});

test('a world has as much as it promises', async () => {
  const { faults, actions, entries } = await runWorld(scenarioWorld('11'));
  assert.ok(faults >= 8, `${faults} faults`);
  assert.ok(actions >= 300, `${actions} actions`);
  assert.ok(entries >= 500, `${entries} entries`);
});

test('no host is restarted for an old version any more when all faults are over', async () => {
  const lines: string[] = [];
  const trace = (line: string): void => void lines.push(line);
  const choice = { scenario: 'harbour', faultKinds: ['old-version-host'] } as const;
  await runWorld({ ...scenarioWorld('1', choice), trace });
  const over = lines.findIndex((line) => line.endsWith('no more faults'));
  assert.ok(lines.slice(0, over).some((line) => line.includes('without the newest versions')));
  const killed = lines.slice(over).filter((line) => line.endsWith('is killed'));
  assert.equal(killed, []);
});

test('a host that is hung while the journal goes back is ended, as the guide says', async () => {
  const lines: string[] = [];
  const trace = (line: string): void => void lines.push(line);
  const choice = { scenario: 'harbour', faultKinds: ['slow-host', 'restored-journal'] } as const;
  const { violations } = await runWorld({ ...scenarioWorld('8', choice), trace });
  const restored = lines.findIndex((line) => line.includes('fault: restored-journal'));
  const restoredAt = Number.parseFloat(lines[restored] ?? '');
  const hung = lines.slice(0, restored).flatMap((line) => {
    const [, at, host, forMs] =
      /([\d.]+) fault: slow-host at (host-\d) .* (\d+) ms/.exec(line) ?? [];
    return Number(at) + Number(forMs) / 1000 > restoredAt ? [host] : [];
  });
  assert.ok(hung.length > 0);
  for (const host of hung) assert.ok(lines.some((line) => line.includes(`${host}.1 is killed`)));
  assert.equal(violations, []);
});

test('a broken promise is shortened, and told with what leads to it', async () => {
  const options: SimulateOptions = {
    service: 'storage',
    machines: { volume },
    tasks: () => [
      task(createVolume, () => ({ backendId: 'b-1' })),
      task(awaitVolume, () => ({ ready: true })),
    ],
    events: (random) =>
      Array.from({ length: 8 }, (_, index) => ({
        kind: 'create',
        type: 'volume',
        id: `vol-${index}`,
        input: { name: 'data', sizeGiB: 20 },
        at: random.integer(0, 5_000),
      })),
    check: (states) => (states.has('volume/vol-5') ? ['vol-5 is there'] : []),
    worlds: 3,
  };
  const { broken, worlds } = await simulate(options);
  assert.is(worlds, 1);
  assert.ok(broken);
  assert.equal(
    broken.violations.map(({ text }) => text),
    ['vol-5 is there'],
  );
  assert.equal(broken.short.onlyFaults, []);
  assert.is(broken.short.onlyActions.length, 1);
  assert.ok(broken.trace.some((line) => line.includes('create volume/vol-5')));
});

test.run();
