// What goes out to a terminal: control characters of data are shown, only our own take effect.
import { randomInt } from 'node:crypto';
import type { Colors } from './terminal.ts';

const ESCAPE = '\u001b';
/** Stands for an escape of ours until the text is written. Data cannot know which one it is. */
const MARK = String.fromCodePoint(0x10_0000 + randomInt(0xfffd));

/** Control characters but tab and line break, and those that turn the direction of text. */
const UNSAFE = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/** Text as it can be shown: `\u001b` for an escape. JSON stays the same JSON. */
export const safe = (text: string): string =>
  text.replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A control sequence of ours, to be part of a text. */
export const ours = (sequence: string): string => sequence.replaceAll(ESCAPE, MARK);

/** What is written: `text` with the sequences that are ours, and no others. */
export const written = (text: string): string => safe(text).replaceAll(MARK, ESCAPE);

type Paint = Colors['red'];

const isPaint = (value: unknown): value is Paint => typeof value === 'function';

const own =
  (paint: Paint): Paint =>
  (text) =>
    ours(paint(written(String(text))));

/** Colours whose sequences are ours. */
export const ownColors = (colors: Colors): Colors =>
  Object.fromEntries(
    Object.entries<unknown>({ ...colors }).map(([name, value]) => [
      name,
      isPaint(value) ? own(value) : value,
    ]),
  ) as unknown as Colors;
