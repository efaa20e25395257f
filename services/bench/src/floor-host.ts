// The floor's host: entries in, commands out, notices, snapshots and acks, and nothing decided.
import {
  answerSubject,
  BATCH,
  BODY,
  commandLines,
  GROUP,
  idBefore,
  JOURNAL,
  partitionOf,
  querySubject,
  PARTITIONS,
  snapshotLines,
  stateSubject,
} from './floor-messages.ts';
import { connectFloor, pull, sequenceOf, type FloorConnection } from './floor-wire.ts';
import { serveRole, trafficOf } from './role.ts';
import { COMMANDS_EACH, SERVICE, TYPE } from './subject-names.ts';

/** As Pawl's host: all that changed within so much time is saved together. */
const SNAPSHOT_DELAY_MS = 200;

interface FloorActor {
  readonly id: string;
  /** Entries taken: a create and the replies. */
  entries: number;
  isSaving: boolean;
  /** Deliveries whose effects are stored; the next snapshot covers them. */
  settled: string[];
  /** Sequence of its last snapshot: compare and set. */
  revision: number;
}

class FloorPartition {
  readonly #connection: FloorConnection;
  readonly #number: number;
  readonly #actors = new Map<string, FloorActor>();
  readonly #dirty = new Set<FloorActor>();
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: FloorConnection, number: number) {
    this.#connection = connection;
    this.#number = number;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  take(subject: string, delivery: string): void {
    const id = idBefore(subject, subject.lastIndexOf('.'));
    let actor = this.#actors.get(id);
    if (actor === undefined) {
      actor = { id, entries: 0, isSaving: false, settled: [], revision: 0 };
      this.#actors.set(id, actor);
      this.#connection.tell(answerSubject(id), BODY.answer);
    }
    this.#step(actor, delivery);
  }

  /** The answer to a question: an actor that has ended and was saved is gone from memory. */
  stateOf(id: string): Uint8Array {
    const entries = this.#actors.get(id)?.entries ?? COMMANDS_EACH + 1;
    return entries > COMMANDS_EACH ? BODY.lastState : BODY.state;
  }

  #step(actor: FloorActor, delivery: string): void {
    const { id, entries } = actor;
    const isOver = entries === COMMANDS_EACH;
    this.#connection.tell(stateSubject(id), isOver ? BODY.lastNotice : BODY.notice);
    actor.entries += 1;
    if (isOver) {
      this.#settle(actor, delivery);
      return;
    }
    const subject = `pawl.command.regular.${SERVICE}.work.${TYPE}.${id}.0000000-${entries}-00000000`;
    this.#connection.publish(subject, commandLines(id, entries), BODY.command, () =>
      this.#settle(actor, delivery),
    );
  }

  #settle(actor: FloorActor, delivery: string): void {
    actor.settled.push(delivery);
    this.#dirty.add(actor);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save();
    }, SNAPSHOT_DELAY_MS);
  }

  #save(): void {
    for (const actor of this.#dirty) if (!actor.isSaving) this.#saveActor(actor);
  }

  #saveActor(actor: FloorActor): void {
    const { nats } = this.#connection;
    const covered = actor.settled;
    actor.settled = [];
    actor.isSaving = true;
    this.#dirty.delete(actor);
    const subject = `$KV.pawl-snapshots.${this.#number}.${TYPE}.${actor.id}`;
    this.#connection.publish(subject, snapshotLines(actor.revision), BODY.snapshot, (ack) => {
      for (const delivery of covered) nats.publish(delivery);
      actor.isSaving = false;
      actor.revision = sequenceOf(ack);
      if (this.#dirty.has(actor)) this.#saveActor(actor);
      else if (actor.entries === COMMANDS_EACH + 1) this.#actors.delete(actor.id);
    });
  }
}

serveRole(async ({ url }) => {
  const connection = await connectFloor(url);
  const { nats } = connection;
  const partitions = Array.from(
    { length: PARTITIONS },
    (_, number) => new FloorPartition(connection, number),
  );
  const stops = partitions.map((partition, number) => {
    const consumer = `host-${SERVICE}-${number}`;
    const stop = pull(
      connection,
      { stream: JOURNAL, consumer, batch: BATCH, group: GROUP },
      (message) => partition.take(message.subject, message.reply ?? ''),
    );
    return () => {
      stop();
      partition.close();
    };
  });
  nats.subscribe(querySubject('*'), {
    queue: `host-${SERVICE}`,
    callback: (_error, { subject, reply = '' }) => {
      const id = subject.slice(subject.lastIndexOf('.') + 1);
      const partition = partitions[partitionOf(TYPE, id)];
      connection.tell(reply, partition?.stateOf(id) ?? BODY.lastState);
    },
  });
  await nats.flush();
  return {
    traffic: () => trafficOf(nats.stats()),
    stop: async () => {
      for (const stop of stops) stop();
      await nats.close();
    },
  };
});
