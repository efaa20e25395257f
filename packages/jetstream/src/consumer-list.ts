// All consumers of a stream, and whether one is paused.
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Broker } from './broker.ts';

interface ConsumerPage {
  readonly total: number;
  readonly consumers: readonly ConsumerInfo[] | null;
}

/** All consumers of a stream, page by page. */
export const consumersOf = async (
  { publisher }: Pick<Broker, 'publisher'>,
  stream: string,
): Promise<ConsumerInfo[]> => {
  const found: ConsumerInfo[] = [];
  for (;;) {
    const path = `CONSUMER.LIST.${stream}`;
    const page = await publisher.askApi<ConsumerPage>(path, { offset: found.length });
    const consumers = page.consumers ?? [];
    found.push(...consumers);
    if (consumers.length === 0 || found.length >= page.total) return found;
  }
};

/** When a pause ends, ms since 1970; undefined when there is none. The server keeps ended ones. */
export const pausedUntilOf = (info: ConsumerInfo): number | undefined =>
  info.paused === true && info.config.pause_until !== undefined
    ? Date.parse(info.config.pause_until)
    : undefined;
