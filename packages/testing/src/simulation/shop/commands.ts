// The commands of the simulated shop: short, tried again, polled, and with a deadline.
import { command, type Command, type Schema } from '@pawl/core';

/** A schema that takes everything: what a world checks are effects, not inputs. */
const anything = <Data>(): Schema<Data> => ({
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value: value as Data }) },
});

/** What every command of the shop is given; the worker answers with the same. */
export interface Serial {
  readonly serial: number;
}

/** Service of the shop. */
export const SHOP = 'shop';

const serial = anything<Serial>();

type SerialCommand = Command<Schema<Serial>, Schema<Serial>>;

/** A step of an order. */
export const step: SerialCommand = command({
  name: 'step',
  service: SHOP,
  input: serial,
  output: serial,
  retry: { attemptsMax: 4, backoffMs: 500, factor: 2 },
  timeoutMs: 4_000,
  deadlineMs: 900_000,
});

/** Asks whether something outside is ready. */
export const probe: SerialCommand = command({
  name: 'probe',
  service: SHOP,
  queue: 'heavy',
  input: serial,
  output: serial,
  poll: { everyMs: 2_000 },
  deadlineMs: 900_000,
});

/** Carries a parcel. */
export const carry: SerialCommand = command({
  name: 'carry',
  service: SHOP,
  queue: 'background',
  encoding: 'json',
  input: serial,
  output: serial,
  deadlineMs: 900_000,
});

/** A job of its own. */
export const count: SerialCommand = command({
  name: 'count',
  service: SHOP,
  job: true,
  input: serial,
  output: serial,
  deadlineMs: 900_000,
});
