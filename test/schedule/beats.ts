// Schedules that tick each second on a real server: a host without machines, a worker, its notes.
import {
  readEntry,
  schedule,
  tickToken,
  type CatchUp,
  type Entry,
  type Overlap,
  type ScheduleContext,
} from '@pawl/core';
import {
  command,
  connect,
  openClient,
  portsOf,
  provision,
  startHost,
  startNatsServer,
  startWorker,
  systemClock,
  task,
  type Client,
  type Connection,
  type NatsServer,
} from 'pawl';
import { z } from 'zod';

/** A run, as the worker saw it. ms since 1970. */
export interface Run {
  /** `<schedule>-<tick>`. */
  readonly id: string;
  readonly startedAt: number;
  endedAt: number | undefined;
  isAborted: boolean;
}

/** One schedule. */
export interface Beat {
  readonly name: string;
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
}

/** All of it, running. */
export interface Beats {
  readonly server: NatsServer;
  readonly client: Client;
  /** Runs of a schedule, in the order in which they began. */
  runsOf(name: string): readonly Run[];
  /** What it remembers. */
  contextOf(name: string): Promise<ScheduleContext>;
  /** What has happened to it. */
  entriesOf(name: string): Promise<readonly Entry[]>;
  /** Pauses all, and waits until nothing runs. */
  pauseAll(): Promise<void>;
  close(): Promise<void>;
}

const work = command({
  name: 'work',
  service: 'shop',
  job: true,
  input: z.object({ name: z.string() }),
  output: z.object({}),
});

/** Id of the run of a tick. */
export const runIdOf = (name: string, tick: number): string => `${name}-${tickToken(tick)}`;

/** Starts a server, a host that has only schedules, and a worker whose jobs take `workMs`. */
export const openBeats = async (beats: readonly Beat[], workMs: number): Promise<Beats> => {
  const server = await startNatsServer();
  const connections: Connection[] = [];
  const open = async (): Promise<Connection> => {
    const connection = await connect({ servers: server.url });
    connections.push(connection);
    return connection;
  };
  await provision(await open(), { partitions: 2 });
  const runs = new Map<string, Run[]>(beats.map(({ name }) => [name, []]));
  const worker = await startWorker({
    connection: await open(),
    service: 'shop',
    slots: { background: 50 },
    tasks: [
      task(work, async ({ name }, { actor, signal }) => {
        const run: Run = {
          id: actor.id,
          startedAt: systemClock.now(),
          endedAt: undefined,
          isAborted: false,
        };
        runs.get(name)?.push(run);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, workMs);
          signal.addEventListener('abort', () => {
            run.isAborted = true;
            clearTimeout(timer);
            resolve();
          });
        });
        run.endedAt = systemClock.now();
        return {};
      }),
    ],
  });
  const connection = await open();
  const host = await startHost({
    connection,
    service: 'shop',
    machines: {},
    topology: false,
    schedules: beats.map(({ name, overlap, catchUp }) =>
      schedule({
        ...{ name, overlap, catchUp },
        cron: '* * * * * *',
        target: { command: work, input: { name } },
      }),
    ),
  });
  const client = openClient({ connection });
  const actorOf = (name: string) => client.actor('schedule', name);
  return {
    server,
    client,
    runsOf: (name) => runs.get(name) ?? [],
    contextOf: async (name) => (await actorOf(name).load()).context as ScheduleContext,
    entriesOf: async (name) => {
      const { journal } = portsOf({ connection });
      return (await journal.read({ type: 'schedule', id: name })).map(readEntry);
    },
    pauseAll: async () => {
      await Promise.all(beats.map(({ name }) => actorOf(name).send({ type: 'PAUSE' })));
      const isIdle = ({ context }: { readonly context: unknown }): boolean =>
        Object.keys((context as ScheduleContext).running).length === 0;
      await Promise.all(beats.map(({ name }) => actorOf(name).waitFor(isIdle)));
    },
    close: async () => {
      await client.close();
      await worker.stop({ graceMs: 100 });
      await host.stop();
      for (const each of connections) await each.close();
      await server.stop();
    },
  };
};
