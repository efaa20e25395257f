// What stands in the registry and was not written by Pawl.
import type { Broker } from '../broker.ts';
import { isRecordKey, type ForeignKey } from '../foreign-key.ts';
import { KeyValue } from '../key-value.ts';

/** Keys of the registry under which no record of Pawl stands, though they are called like one. */
export const foreignRecordsOf = async (broker: Broker): Promise<readonly ForeignKey[]> => {
  const bucket = new KeyValue(broker, broker.names.registry);
  const found = await bucket.list('>');
  const records = found.filter(({ subject }) => isRecordKey(bucket.keyOf(subject)));
  return bucket.sort(records, (stored) => bucket.record(stored)).foreign;
};
