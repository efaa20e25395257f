// What schedule() refuses: whatever can never work, with what can.
import { command, schedule, type PawlError, type Schema } from '@pawl/core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('schedule declaring');

const anything = <Data>(): Schema<Data> => ({
  '~standard': { version: 1, vendor: 'pawl', validate: (value) => ({ value: value as Data }) },
});

test('what can never work is refused where it is declared', () => {
  const target = { type: 'volume', event: { type: 'PULL' } };
  const noJob = command({ name: 'no-job', service: 'shop', input: anything(), output: anything() });
  const refused: [object, string, RegExp][] = [
    [{ cron: '0 0 30 2 *' }, 'schedule-invalid', /never fires/],
    [{ cron: '0 0 31 2 *' }, 'schedule-invalid', /never fires/],
    [{ cron: '0 0 31 4,6,9,11 *', timeZone: 'Asia/Tokyo' }, 'schedule-invalid', /never fires/],
    [{ cron: '61 * * * *' }, 'schedule-invalid', /cannot be read/],
    [{ cron: '* * *' }, 'schedule-invalid', /has 3 fields/],
    [{ cron: '@every 10s' }, 'schedule-invalid', /every/],
    [{ cron: '@daily', timeZone: 'Europe/Berlim' }, 'schedule-invalid', /no time zone/],
    [{ every: '999ms' }, 'schedule-invalid', /at least a second/],
    [{ every: 'soon' }, 'schedule-invalid', /10m/],
    [{}, 'schedule-invalid', /either cron or every/],
    [{ every: '1h', cron: '@daily' }, 'schedule-invalid', /either cron or every/],
    [{ every: '1h', timeZone: 'UTC' }, 'schedule-invalid', /timeZone/],
    [{ every: '1h', overlap: 'never' }, 'schedule-invalid', /cancel-running/],
    [{ every: '1h', catchUp: 'all' }, 'schedule-invalid', /catchUp/],
    [{ every: '1h', name: 'a b' }, 'schedule-invalid', /name/],
    [{ every: '1h', target: { type: 'No' } }, 'schedule-invalid', /type/],
    [{ every: '1h', target: { command: noJob, input: {} } }, 'not-a-job', /job: true/],
  ];
  for (const [options, code, words] of refused)
    assert.throws(
      () => schedule({ name: 'x', target, ...options }),
      (error: PawlError) => error.code === code && words.test(error.message),
      JSON.stringify(options),
    );
});

test.run();
