// What a create request is about, before anybody has checked it: rules and the ledger want to know.
import { isObject, objectAt, stringAt } from './json.ts';
import type { Call, Subject } from './router.ts';

const stringsOf = (value: unknown): Record<string, string> =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => {
          return typeof entry[1] === 'string';
        }),
      )
    : {};

/** What a create request says of its resource, before anybody has checked it. */
export const requestedSubject =
  (key: string) =>
  (call: Call): Subject => {
    const resource = objectAt(call.body, key);
    return { name: stringAt(resource, 'name'), metadata: stringsOf(resource?.['metadata']) };
  };
