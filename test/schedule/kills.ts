// Two hosts, kill -9 in between: what is run by schedules, by the worker and by the journal.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  registerMachine,
  replayJournal,
  SCHEDULE_TYPE,
  scheduleMachine,
  type ScheduleContext,
} from '@pawl/core';
import * as assert from 'uvu/assert';
import {
  connect,
  openClient,
  portsOf,
  provision,
  startNatsServer,
  startWorker,
  systemClock,
  task,
  type Client,
  type Connection,
} from 'pawl';
import { runIdOf } from './beats.ts';
import { schedules, work } from './kill-schedules.ts';
import { predict, type Window } from './predict.ts';

const machine = registerMachine(SCHEDULE_TYPE, scheduleMachine);

const WORK_MS = 1_500;
/** Runs of `steady` between two kills. */
const RUNS_BETWEEN = 2;

/** What came of it. */
export interface KillReport {
  readonly kills: number;
  /** So many of them while a run was at work. */
  readonly killsDuringRuns: number;
  readonly runs: number;
  readonly skipped: number;
  readonly missed: number;
}

interface Run {
  readonly id: string;
  readonly what: string;
  readonly startedAt: number;
  endedAt: number | undefined;
}

/** What the worker does. It is not killed: two runs at once would be the schedules' doing. */
class Ledger {
  readonly runs: Run[] = [];
  readonly #listeners = new Set<() => void>();

  async work(id: string, what: string): Promise<void> {
    const run: Run = { id, what, startedAt: systemClock.now(), endedAt: undefined };
    this.runs.push(run);
    for (const listener of this.#listeners) listener();
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
    run.endedAt = systemClock.now();
  }

  get isAtWork(): boolean {
    return this.runs.some(({ endedAt }) => endedAt === undefined);
  }

  of(what: string): readonly Run[] {
    return this.runs.filter((run) => run.what === what);
  }

  /** Waits until so many runs have begun. */
  until(what: string, count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.of(what).length < count) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}

const startProcess = async (url: string, name: string): Promise<ChildProcess> => {
  const child = fork(new URL('./host-process.ts', import.meta.url), [url, name]);
  await once(child, 'message');
  return child;
};

/** Kills one host after the other; each time the other one goes on, and a new one is started. */
const killInTurn = async (
  url: string,
  ledger: Ledger,
  kills: number,
): Promise<{ readonly hosts: readonly ChildProcess[]; readonly killsDuringRuns: number }> => {
  const hosts = await Promise.all(['host-a0', 'host-b0'].map((name) => startProcess(url, name)));
  let killsDuringRuns = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await ledger.until('steady', ledger.of('steady').length + RUNS_BETWEEN);
    const place = kill % 2;
    if (ledger.isAtWork) killsDuringRuns += 1;
    hosts[place]?.kill('SIGKILL');
    hosts[place] = await startProcess(url, `host-${'ab'[place]}${kill + 1}`);
  }
  await ledger.until('steady', ledger.of('steady').length + RUNS_BETWEEN);
  return { hosts, killsDuringRuns };
};

const isIdle = ({ context }: { readonly context: unknown }): boolean =>
  Object.keys((context as ScheduleContext).running).length === 0;

const pauseAll = async (client: Client): Promise<void> => {
  for (const { name } of schedules) {
    const actor = client.actor('schedule', name);
    await actor.send({ type: 'PAUSE' });
    await actor.waitFor(isIdle, { timeoutMs: 60_000 });
  }
};

const checkOneAtATime = (runs: readonly Run[], what: string): void => {
  for (const [index, { id, startedAt }] of runs.entries()) {
    const before = runs[index - 1];
    assert.ok(
      before === undefined || (before.endedAt ?? Infinity) <= startedAt,
      `${what}: ${id} begins while ${before?.id} is at work`,
    );
  }
};

/** The worker ran what the journal calls for, each tick once, and every tick is accounted for. */
const checkTicks = async (
  connection: Connection,
  client: Client,
  ledger: Ledger,
  [name, overlap, window]: readonly [string, 'skip' | 'buffer-one', Window],
): Promise<Pick<KillReport, 'runs' | 'skipped' | 'missed'>> => {
  const { journal } = portsOf({ connection });
  const stored = await journal.read({ type: 'schedule', id: name });
  // What a host that took over has published once more counts for nothing.
  const entries = [...replayJournal(() => machine, stored)].flatMap(({ entry, step }) =>
    entry !== undefined && step.outcome.kind === 'applied' ? [entry] : [],
  );
  const { runs, skipped, missed } = predict(entries, overlap, window);
  assert.equal(
    ledger.of(name).map(({ id }) => id),
    runs.map((tick) => runIdOf(name, tick)),
    name,
  );
  const { counts } = (await client.actor('schedule', name).load()).context as ScheduleContext;
  assert.equal(
    [counts.started, counts.skipped, counts.missed],
    [runs.length, skipped.length, missed.length],
    name,
  );
  const ticks = [...runs, ...skipped, ...missed].toSorted((one, other) => one - other);
  const span = ((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)) / 1_000 + 1;
  assert.is(new Set(ticks).size, span, `${name}: no second is left out`);
  assert.is(ticks.length, span, `${name}: none counts twice`);
  return { runs: runs.length, skipped: skipped.length, missed: missed.length };
};

/** Lets schedules tick while their hosts are killed, and checks what was run. */
export const checkKills = async (kills: number): Promise<KillReport> => {
  const server = await startNatsServer();
  const connection = await connect({ servers: server.url });
  await provision(connection, { partitions: 4 });
  const ledger = new Ledger();
  const worker = await startWorker({
    connection,
    service: 'shop',
    tasks: [
      task(work, async ({ name }, { actor }) => {
        await ledger.work(actor.id, name);
        return {};
      }),
    ],
  });
  const client = openClient({ connection });
  const { hosts, killsDuringRuns } = await killInTurn(server.url, ledger, kills);
  try {
    await pauseAll(client);
    for (const what of ['steady', 'queue', 'both']) checkOneAtATime(ledger.of(what), what);
    const reports = [
      await checkTicks(connection, client, ledger, ['steady', 'skip', 'latest']),
      await checkTicks(connection, client, ledger, ['queue', 'buffer-one', 3_000]),
    ];
    assert.ok(ledger.of('both').length >= kills, 'jobs of a shared key go on');
    const sum = (field: 'runs' | 'skipped' | 'missed'): number =>
      reports.reduce((total, report) => total + report[field], 0);
    return {
      ...{ kills, killsDuringRuns },
      ...{ runs: sum('runs'), skipped: sum('skipped'), missed: sum('missed') },
    };
  } finally {
    for (const host of hosts) host.kill('SIGKILL');
    await client.close();
    await worker.stop({ graceMs: 100 });
    await connection.close();
    await server.stop();
  }
};
