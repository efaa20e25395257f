// Names of the partition consumers and of their priority group.

/** The one priority group of every partition consumer. */
export const PIN_GROUP = 'host';

/** What the names of partition consumers begin with. */
export const PARTITION_CONSUMERS = 'host-';

/** The durable consumer of one (service, partition). */
export const partitionConsumerName = (service: string, partition: number): string =>
  `${PARTITION_CONSUMERS}${service}-${partition}`;
