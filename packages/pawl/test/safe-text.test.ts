// What data can do to a terminal: nothing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ours, ownColors, written } from '../src/cli/safe-text.ts';
import { renderTable } from '../src/cli/show/table.ts';
import { colorsFor } from '../src/cli/terminal.ts';

const test = suite('safe text');

const colors = ownColors(colorsFor({ isTTY: true }, { FORCE_COLOR: '1' }));
const RED = '\u001b[31m';

test('control characters of data are shown, lines and tabs stay', () => {
  assert.is(written(`a${RED}b\u001b]52;c;eA==\u0007`), 'a\\u001b[31mb\\u001b]52;c;eA==\\u0007');
  assert.is(written('a\r\u0000\u007f\u009b2J\u202e'), 'a\\u000d\\u0000\\u007f\\u009b2J\\u202e');
  assert.is(written('one\ttwo\nthree – ü 漢 👍'), 'one\ttwo\nthree – ü 漢 👍');
});

test('JSON means the same after it', () => {
  const data = { text: 'a\u001b\u007f\u009b\u202e"\n' };
  assert.equal(JSON.parse(written(JSON.stringify(data))), data);
});

test('our own colours take effect, in data they do not', () => {
  const plain = colorsFor({ isTTY: true }, { FORCE_COLOR: '1' });
  assert.is(written(colors.red('x')), plain.red('x'));
  assert.is(written(colors.bold(`a ${colors.red('b')} c`)), plain.bold(`a ${plain.red('b')} c`));
  assert.is(written(colors.green(`${RED}x`)), plain.green('\\u001b[31mx'));
  assert.is(written(ours('\u001b[H') + RED), '\u001b[H\\u001b[31m');
});

test('a table with escape sequences in its cells is as wide as it looks', () => {
  const rows = [{ message: `${RED}boo\u001b[2J` }, { message: 'fine' }];
  const text = ({ message }: { message: string }): string => message;
  const columns = [
    { title: 'message', text, color: () => colors.dim },
    { title: 'x', text: () => 'x' },
  ];
  const table = written(renderTable(rows, columns, { isPretty: true, columns: 80, colors }));
  for (const sequence of [RED, '\u001b[2J']) assert.not.ok(table.includes(sequence));
  const plain = table.replaceAll('\u001b[2m', '').replaceAll('\u001b[22m', '');
  const at = plain.split('\n').map((line) => line.search(/[xX]$/));
  assert.is(new Set(at).size, 1, table);
});

test.run();
