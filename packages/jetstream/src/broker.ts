// What the adapters share: one publisher, one inbox, the names, and what the journal stream says.
import {
  createSubjects,
  PawlError,
  type Clock,
  type JournalIdentity,
  type Subjects,
} from '@pawl/core';
import type { StreamInfo } from '@nats-io/jetstream';
import { API_CODE, apiCodeOf } from './broker-error.ts';
import type { Connection } from './connection.ts';
import { Inbox } from './inbox.ts';
import { Publisher } from './publisher.ts';
import { refoldedUpToOf } from './refolded-mark.ts';
import { StoredMessages } from './stored-messages.ts';
import { partitionsOf } from './topology-difference.ts';
import { topologyNames, type TopologyNames } from './topology.ts';

const REFRESH_MS = 60_000;

/** What the adapters need to know of the journal stream. */
export interface JournalFacts extends JournalIdentity {
  /** With more than one, a read from a replica may be behind. */
  readonly replicas: number;
}

/** The shared part of all adapters on one connection. */
export interface Broker {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly names: TopologyNames;
  readonly subjects: Subjects;
  readonly publisher: Publisher;
  readonly inbox: Inbox;
  /** Facts about the journal, not older than a minute. */
  facts(): Promise<JournalFacts>;
  /** The same, asked again. */
  freshFacts(): Promise<JournalFacts>;
  messagesOf(stream: string): StoredMessages;
  close(): Promise<void>;
}

const notProvisioned = (names: TopologyNames): PawlError =>
  new PawlError(
    'broker-refused',
    `There is no stream ${names.journal}: run provision(connection, { prefix: ` +
      `'${names.prefix}' }) first.`,
    { details: { stream: names.journal } },
  );

const readFacts = async (publisher: Publisher, names: TopologyNames): Promise<JournalFacts> => {
  let info: StreamInfo;
  try {
    info = await publisher.askApi<StreamInfo>(`STREAM.INFO.${names.journal}`);
  } catch (error) {
    throw apiCodeOf(error) === API_CODE.streamNotFound ? notProvisioned(names) : error;
  }
  const partitions = partitionsOf(info.config);
  if (partitions === undefined)
    throw new PawlError(
      'topology-mismatch',
      `Stream ${names.journal} has no subject transform with partition(): it is no journal. ` +
        'Use another prefix.',
    );
  const refoldedUpTo = refoldedUpToOf(info);
  return {
    created: info.created,
    partitions,
    replicas: info.config.num_replicas,
    ...(refoldedUpTo !== undefined && { refoldedUpTo }),
  };
};

/** Opens the shared part. */
export const openBroker = (
  connection: Connection,
  prefix: string | undefined,
  clock: Clock,
): Broker => {
  const names = topologyNames(prefix);
  const publisher = new Publisher(connection, clock);
  const inbox = new Inbox(connection);
  let known: { readonly facts: Promise<JournalFacts>; readonly askedAt: number } | undefined;
  const ask = (): Promise<JournalFacts> => {
    const facts = readFacts(publisher, names);
    const mine = { facts, askedAt: clock.now() };
    known = mine;
    facts.catch(() => {
      if (known === mine) known = undefined; // The next caller asks again.
    });
    return facts;
  };
  return {
    connection,
    clock,
    names,
    subjects: createSubjects(names.prefix),
    publisher,
    inbox,
    facts: () =>
      known !== undefined && clock.now() - known.askedAt < REFRESH_MS ? known.facts : ask(),
    freshFacts: ask,
    messagesOf: (stream) => new StoredMessages(publisher, inbox, stream, clock),
    close: async () => {
      if (connection.isConnected) await publisher.settled();
      publisher.close();
      inbox.close();
    },
  };
};
