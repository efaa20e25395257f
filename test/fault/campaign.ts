// One run of the real thing under faults, from start to verdict.
import { volumeId } from '@pawl/openstack';
import { openClient, portsOf, type ActorAddress } from 'pawl';
import { createRandom } from '@pawl/testing/simulation';
import { startBroker } from './broker.ts';
import type { ChaosCounts, ChaosRates } from './chaos-proxy.ts';
import { startCloud } from './cloud.ts';
import { createCrashes } from './crashes.ts';
import { createCrew, type Crew } from './fleet.ts';
import { startStrikes } from './strikes.ts';
import { limitFaults } from './limit-faults.ts';
import { journalFaults, ledgerFaults, openstackMachines } from './verdict.ts';
import { createPlan, runWorkload } from './workload.ts';

/** What a run is made of. */
export interface CampaignOptions {
  readonly seed: string;
  readonly nodes: 1 | 3;
  readonly instances: number;
  /** Instances are created over so long, ms; strikes go on a little longer. */
  readonly spanMs: number;
  readonly hosts?: number;
  readonly workers?: number;
  readonly partitions?: number;
  readonly strikeEveryMs?: number;
  readonly rates?: Partial<ChaosRates>;
  readonly timeoutMs?: number;
  /** No strikes. */
  readonly isQuiet?: boolean;
  /** Which requests to the cloud may be struck. Default: all. */
  readonly strikesAt?: (method: string, path: string) => boolean;
  /** No instance fails or is deleted by plan. */
  readonly isEveryOk?: boolean;
  /** Instead of strikes: hosts that end at each crash point, so often. */
  readonly crashes?: number;
  readonly onLine?: (line: string) => void;
}

/** What came of a run. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly strikes: Readonly<Record<string, number>>;
  readonly chaos: Readonly<ChaosCounts>;
  readonly states: Readonly<Record<string, number>>;
  readonly acknowledged: number;
  readonly entries: number;
  readonly seconds: number;
}

/** A bad enough way to the cloud. */
export const CHAOS_RATES: ChaosRates = {
  delay: 0.1,
  refuse: 0.05,
  cutBefore: 0.02,
  cutAfter: 0.03,
  twice: 0.03,
};

const ACK_WAIT_MS = 12_000;

const tally = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

/** Runs it. Rejects when something hangs; everything else that is wrong is in the verdict. */
export const runCampaign = async (options: CampaignOptions): Promise<Verdict> => {
  const { seed, nodes, instances, spanMs, hosts = 3, workers = 2, partitions = 8 } = options;
  const { strikeEveryMs = 1_500, timeoutMs = 240_000, onLine = () => undefined } = options;
  const startedAt = performance.now();
  const elapsed = (): string => ((performance.now() - startedAt) / 1000).toFixed(1);
  const random = createRandom(seed);
  const plan = createPlan(random.fork('plan'), instances, spanMs, options.isEveryOk);
  const stops: (() => Promise<void>)[] = [];
  try {
    const cloud = await startCloud(seed, random.fork('cloud'), {
      rates: options.rates ?? CHAOS_RATES,
      failing: plan.failing,
      ...(options.strikesAt !== undefined && { strikes: options.strikesAt }),
    });
    stops.push(() => cloud.stop());
    const broker = await startBroker({ nodes, partitions });
    stops.push(() => broker.stop());
    const connection = await broker.open('client');
    const client = openClient({ connection, name: 'client' });
    stops.push(() => client.close());
    const bound = { servers: broker.servers, cast: 'openstack' } as const;
    const crew = (kind: Crew['kind'], more: () => object): Crew => {
      const made = createCrew({ kind, settings: (name) => ({ ...bound, name, ...more() }) });
      stops.push(() => made.stop());
      return made;
    };
    // Shorter than by default, so that a killed worker's commands come again within the run.
    const crashes = createCrashes(random.fork('crashes'), options.crashes ?? 0);
    const hostCrew = crew('host', () => ({ ackWaitMs: ACK_WAIT_MS, crash: crashes.next() }));
    const workerCrew = crew('worker', () => ({ cloud: cloud.settings, ackWaitMs: ACK_WAIT_MS }));
    for (let count = 0; count < hosts; count += 1) await hostCrew.add();
    for (let count = 0; count < workers; count += 1) await workerCrew.add();
    onLine(`${elapsed()} s: ${hosts} hosts and ${workers} workers are up`);

    const outcome = runWorkload(client, plan, timeoutMs);
    outcome.catch(() => undefined); // Awaited below.
    const strike = async (): Promise<Readonly<Record<string, number>>> => {
      if (options.isQuiet === true) {
        await outcome.catch(() => undefined);
        return {};
      }
      if (options.crashes !== undefined) {
        const running = crashes.run(hostCrew);
        await Promise.race([running, outcome.catch(() => undefined)]);
        crashes.stop();
        await running;
        return crashes.counts;
      }
      const strikes = startStrikes({
        random: random.fork('strikes'),
        broker,
        hosts: hostCrew,
        workers: workerCrew,
        everyMs: strikeEveryMs,
        awayMaxMs: 4_000,
        onStrike: (line) => onLine(`${elapsed()} s: ${line}`),
      });
      await new Promise<void>((resolve) => void setTimeout(resolve, spanMs + 3_000));
      await strikes.stop();
      return strikes.counts;
    };
    const counts = await strike();
    // What is under way comes to its end sooner when the cloud is well again.
    cloud.proxy.calm();
    onLine(`${elapsed()} s: no more strikes`);
    const failure = await outcome.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) {
      for (const each of [hostCrew, workerCrew])
        for (const child of each.members) onLine(child.output.slice(-60).join('\n'));
      throw failure instanceof Error
        ? failure
        : new Error('The workload failed.', { cause: failure });
    }
    const { ended, acknowledged } = await outcome;
    onLine(`${elapsed()} s: all have settled`);
    const ports = portsOf({ connection });
    const actors: ActorAddress[] = [];
    for (const { id, status } of ended) {
      const disk = { type: 'volume', id: volumeId(id, 1, 0) };
      actors.push({ type: 'instance', id });
      // One that was deleted while it was queued has made none.
      const isMade = status !== 'done' || (await ports.journal.read(disk)).length > 0;
      if (isMade) actors.push(disk);
    }
    const check = { ports, client, machineOf: openstackMachines() };
    const journal = await journalFaults(check, actors, acknowledged);
    return {
      faults: [
        ...journal.faults,
        ...ledgerFaults(cloud.simulator, ended),
        ...(await limitFaults(connection)),
      ],
      strikes: counts,
      chaos: cloud.proxy.counts,
      states: tally(ended.map(({ status, value }) => (status === 'done' ? 'gone' : String(value)))),
      acknowledged: acknowledged.length,
      entries: journal.entries,
      seconds: Number(elapsed()),
    };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
};
