// How the command line writes times, states, effects, tables and suggestions.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exampleWords } from '../src/cli/dev/example-data.ts';
import { effectText, outcomeText } from '../src/cli/show/effect-text.ts';
import { renderState } from '../src/cli/show/state-sheet.ts';
import { moveText, stateText } from '../src/cli/show/state-text.ts';
import { renderTable } from '../src/cli/show/table.ts';
import { durationText, isoTime, relativeTime } from '../src/cli/show/time-text.ts';
import { nearest, suggest } from '../src/cli/suggestion.ts';
import { createFakeTerminal } from './fake-terminal.ts';

const test = suite('what the command line shows');

test('durations have one or two units', () => {
  const cases: readonly (readonly [ms: number, text: string])[] = [
    [0, '0 ms'],
    [240.4, '240 ms'],
    [1000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ];
  for (const [ms, text] of cases) assert.is(durationText(ms), text);
});

test('relative times look both ways', () => {
  assert.is(relativeTime(5000, 8000), '3 s ago');
  assert.is(relativeTime(8000, 5000), 'in 3 s');
  assert.is(relativeTime(5000, 5400), 'now');
  assert.is(isoTime(0), '1970-01-01T00:00:00.000Z');
});

test('states are paths, parallel regions stand side by side', () => {
  assert.is(stateText('ok'), 'ok');
  assert.is(stateText({ alive: { power: 'on' } }), 'alive.power.on');
  assert.is(stateText({ power: 'on', disk: { use: 'full' } }), 'power.on disk.use.full');
  assert.is(stateText({ power: {} }), 'power');
  assert.is(stateText(undefined), '–');
  assert.is(moveText('a', 'b'), 'a → b');
  assert.is(moveText('a', 'a'), 'a');
});

test('each kind of effect has words of its own', () => {
  const to = { type: 'volume', id: 'vol-1' };
  const timer = { key: '#after.600000.volume.creating', generation: '1-0-x' };
  const texts = [
    effectText({ kind: 'arm', ...timer, dueAt: 700_000 }, 100_000),
    effectText({ kind: 'disarm', ...timer }, 0),
    effectText({ kind: 'peer', to, sequence: 1, n: 0, hops: 0, event: { type: 'GO' } }, 0),
    effectText({ kind: 'emit', id: 'x', event: { type: 'volume.ready' } }, 0),
    effectText({ kind: 'log', label: 'size', value: 3 }, 0),
  ];
  assert.equal(texts, [
    'timer after.600000.volume.creating in 10 min',
    'disarm after.600000.volume.creating',
    'GO to volume/vol-1',
    'emit volume.ready',
    'log size',
  ]);
  assert.is(outcomeText({ kind: 'applied' }), '');
  assert.is(outcomeText({ kind: 'ignored', reason: 'stale-timer' }), 'ignored: stale-timer');
});

const columns = [
  { title: 'id', text: ({ id }: { id: string; count: number }) => id },
  { title: 'count', align: 'right', text: ({ count }: { count: number }) => String(count) },
] as const;
const rows = [
  { id: 'a', count: 5 },
  { id: 'long-name', count: 12 },
];

test('a table is aligned in a terminal and cut at its width', () => {
  const wide = createFakeTerminal({ isPretty: true });
  assert.equal(renderTable(rows, columns, wide).split('\n'), [
    'ID         COUNT',
    'a              5',
    'long-name     12',
  ]);
  const narrow = createFakeTerminal({ isPretty: true, columns: 7 });
  assert.equal(renderTable(rows, columns, narrow).split('\n'), ['ID', 'a', 'long-n…']);
  assert.is(renderTable([], columns, wide), '');
});

test('a table is tab-separated in a pipe, and no cell breaks it', () => {
  const pipe = createFakeTerminal();
  const nasty = [{ id: 'tab\tand\nline', count: 1 }];
  assert.is(renderTable(nasty, columns, pipe), 'ID\tCOUNT\ntab and line\t1');
  assert.is(renderTable([], columns, pipe), 'ID\tCOUNT');
});

test('a state sheet names what an actor waits for', () => {
  const sheet = renderState(
    {
      type: 'volume',
      id: 'vol-1',
      version: '1',
      sequence: 7,
      time: 1000,
      since: 1000,
      status: 'faulted',
      value: 'creating',
      tags: [],
      context: { name: 'data' },
      accepts: ['DELETE'],
      waitingFor: [
        {
          what: 'command',
          name: 'create',
          generation: '7-0-x',
          since: 1000,
          service: 'storage',
          task: 'create-volume',
          class: 'heavy',
          attempt: 2,
          lastError: { code: 'task-failed', message: 'no room' },
        },
      ],
      fault: { sequence: 7, time: 1000, error: { code: 'step-failed', message: 'boom' } },
    },
    createFakeTerminal({ isPretty: true }),
    4000,
  );
  assert.match(sheet, /volume\/vol-1 {2}creating/);
  assert.match(sheet, 'command storage.create-volume (heavy), attempt 2, since 3 s ago');
  assert.match(sheet, 'last error task-failed: no room');
  assert.match(sheet, 'step-failed: boom');
});

test('a suggestion is near, or there is none', () => {
  assert.is(nearest('volum', ['instance', 'volume']), 'volume');
  assert.is(nearest('DELTE', ['DELETE', 'EXTEND']), 'DELETE');
  assert.is(nearest('router', ['instance', 'volume']), undefined);
  assert.is(suggest('types', 'x', []), 'There are no types yet.');
  assert.is(suggest('types', 'volum', ['volume']), 'Did you mean volume? There are: volume.');
});

test('examples follow the schema', () => {
  const properties = { name: { type: 'string' }, size: { type: 'number', minimum: 5 }, more: {} };
  assert.is(exampleWords({ properties, required: ['name', 'size'] }), 'name=text size=5');
  const nested = { properties: { tags: { type: 'array' } }, required: ['tags'], type: 'object' };
  assert.is(exampleWords({ properties: { nested }, required: ['nested'] }), `nested='{"tags":[]}'`);
  assert.is(exampleWords(true), '');
});

test.run();
