// Looks on from outside: states and commands as they pass on the wire. Nothing of Pawl runs here.
import { portsOf, QUEUE_CLASSES, type ActorAddress, type Connection, type QueueClass } from 'pawl';

/** A command that has been published and not yet been answered. */
export interface RunningCommand {
  readonly actor: ActorAddress;
  readonly task: string;
  readonly class: QueueClass;
  readonly since: number;
}

/** An actor as last heard of. */
export interface SeenActor extends ActorAddress {
  readonly value: unknown;
  readonly status: string;
  readonly sequence: number;
  /** When this value was first heard of, ms. */
  readonly since: number;
}

/** How many commands of a class there were. */
export interface ClassCount {
  published: number;
  answered: number;
}

/** What has been seen so far. */
export interface Observer {
  readonly actors: ReadonlyMap<string, SeenActor>;
  /** By actor and generation. */
  readonly running: ReadonlyMap<string, RunningCommand>;
  readonly counts: Readonly<Record<QueueClass, ClassCount>>;
  /** Messages of hosts seen so far: states and commands. */
  readonly events: number;
  /** Resolves after so many further ones. */
  after(count: number): Promise<void>;
  close(): void;
}

/** What it calls back with. */
export interface ObserverOptions {
  readonly connection: Connection;
  readonly now: () => number;
  readonly onChange?: (actor: SeenActor, before: unknown) => void;
}

const isQueueClass = (text: string): text is QueueClass =>
  QUEUE_CLASSES.some((queueClass) => queueClass === text);

const decode = (body: Uint8Array): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;

/** Starts to look on. */
export const openObserver = async ({
  connection,
  now,
  onChange,
}: ObserverOptions): Promise<Observer> => {
  const { bus, subjects } = portsOf({ connection });
  const actors = new Map<string, SeenActor>();
  const running = new Map<string, RunningCommand>();
  const counts: Record<QueueClass, ClassCount> = {
    regular: { published: 0, answered: 0 },
    heavy: { published: 0, answered: 0 },
    background: { published: 0, answered: 0 },
  };
  const known = new Set<string>();
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  let events = 0;
  const count = (): void => {
    events += 1;
    for (const waiter of waiting)
      if (events >= waiter.at) {
        waiting.delete(waiter);
        waiter.resolve();
      }
  };

  const any = { type: '*', id: '*' };
  const subscriptions = [
    bus.subscribe(subjects.state(any), ({ subject, body }) => {
      count();
      const [type = '', id = ''] = subject.split('.').slice(-2);
      const { value, status, sequence } = decode(body);
      const key = `${type}/${id}`;
      const before = actors.get(key);
      // A host that takes over tells again what was told before.
      if (before !== undefined && before.sequence >= Number(sequence)) return;
      const isMove = JSON.stringify(before?.value) !== JSON.stringify(value);
      const since = isMove || before === undefined ? now() : before.since;
      const seen = { type, id, value, status: String(status), sequence: Number(sequence), since };
      actors.set(key, seen);
      if (isMove) onChange?.(seen, before?.value);
    }),
    bus.subscribe(`${subjects.prefix}.command.>`, ({ subject }) => {
      count();
      const [queueClass = '', , task = '', type = '', id = '', generation = ''] = subject
        .split('.')
        .slice(-6);
      const key = `${type}/${id}@${generation}`;
      if (!isQueueClass(queueClass) || known.has(key)) return;
      known.add(key);
      counts[queueClass].published += 1;
      running.set(key, { actor: { type, id }, task, class: queueClass, since: now() });
    }),
    // The body of a reply names the generation; it is MessagePack or JSON, the text stands in both.
    bus.subscribe(subjects.live(any, '*'), ({ subject, body }) => {
      const [type = '', id = '', kind = ''] = subject.split('.').slice(-3);
      if (!kind.startsWith('reply-')) return;
      const text = Buffer.from(body).toString('latin1');
      for (const [key, command] of running) {
        const [actor = '', generation = ''] = key.split('@');
        if (actor !== `${type}/${id}` || !text.includes(generation)) continue;
        running.delete(key);
        counts[command.class].answered += 1;
      }
    }),
  ];
  await bus.flush();
  return {
    actors,
    running,
    counts,
    get events() {
      return events;
    },
    after: (further) =>
      new Promise((resolve) => {
        waiting.add({ at: events + further, resolve });
      }),
    close: () => {
      for (const subscription of subscriptions) subscription.stop();
    },
  };
};
