// The floor's client: appends a create, subscribes to the state, asks for it, and again at the end.
import type { Subscription } from 'nats';
import { runLoop } from './closed-loop.ts';
import {
  actorOf,
  answerSubject,
  BODY,
  createLines,
  isLast,
  querySubject,
  stateSubject,
} from './floor-messages.ts';
import { connectFloor, type FloorConnection } from './floor-wire.ts';
import { serveRole, trafficOf } from './role.ts';
import { TYPE } from './subject-names.ts';

/** A lifecycle that waits for its end. */
class FloorLifecycle {
  readonly #connection: FloorConnection;
  readonly #actor: string;
  readonly #done: () => void;
  #states: Subscription | undefined;
  /** Before it is followed: the ack of the create, and the answer to it. */
  #awaited = 2;
  #hasEnded = false;

  constructor(connection: FloorConnection, actor: string, done: () => void) {
    this.#connection = connection;
    this.#actor = actor;
    this.#done = done;
    const subject = `pawl.in.create.${TYPE}.${actor}`;
    connection.publish(subject, createLines(actor), BODY.create, () => this.arrived());
  }

  arrived(): void {
    this.#awaited -= 1;
    if (this.#awaited > 0) return;
    this.#states = this.#connection.nats.subscribe(stateSubject(this.#actor), {
      callback: (_error, { data }) => {
        if (isLast(data)) this.#ask();
      },
    });
    this.#ask();
  }

  #ask(): void {
    this.#connection.request(querySubject(this.#actor), BODY.question, (state) => {
      if (this.#hasEnded || !isLast(state)) return;
      this.#hasEnded = true;
      this.#states?.unsubscribe();
      this.#done();
    });
  }
}

serveRole(async ({ url }) => {
  const connection = await connectFloor(url);
  const { nats } = connection;
  const waiting = new Map<string, FloorLifecycle>();
  nats.subscribe(answerSubject('*'), {
    callback: (_error, { subject }) =>
      waiting.get(subject.slice(subject.lastIndexOf('.') + 1))?.arrived(),
  });
  await nats.flush();
  return {
    run: (options, onProgress) =>
      runLoop(
        options,
        (number, done) => {
          const actor = actorOf(number);
          const end = (): void => {
            waiting.delete(actor);
            done();
          };
          waiting.set(actor, new FloorLifecycle(connection, actor, end));
        },
        onProgress,
      ),
    traffic: () => trafficOf(nats.stats()),
    stop: () => nats.close(),
  };
});
