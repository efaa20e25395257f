// Random faults: a process is killed or frozen, a server restarted, a leader asked to step down.
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '@pawl/testing/simulation';
import type { Broker } from './broker.ts';
import type { Crew } from './fleet.ts';

/** The kinds of faults. */
export const STRIKES = [
  'kill-host',
  'freeze-host',
  'leave-host',
  'kill-worker',
  'freeze-worker',
  'kill-server',
  'freeze-server',
  'step-down',
] as const;

/** One kind. */
export type Strike = (typeof STRIKES)[number];

/** Whom to strike, how often, and for how long. */
export interface StrikeOptions {
  readonly random: Random;
  readonly broker: Broker;
  readonly hosts: Crew;
  readonly workers: Crew;
  /** Time between two strikes, ms: from half of it to one and a half. */
  readonly everyMs: number;
  /** Longest time that something is frozen or away, ms. */
  readonly awayMaxMs: number;
  readonly onStrike?: (line: string) => void;
}

/** Strikes that go on until they are stopped. */
export interface Strikes {
  readonly counts: Readonly<Record<Strike, number>>;
  /** No more from now on; resolves when everything struck is up again. */
  stop(): Promise<void>;
}

const ONE_NODE: readonly (readonly [Strike, number])[] = [
  ['kill-host', 6],
  ['freeze-host', 3],
  ['leave-host', 2],
  ['kill-worker', 2],
  ['freeze-worker', 2],
  ['kill-server', 2],
  ['freeze-server', 1],
];

const THREE_NODES: readonly (readonly [Strike, number])[] = [
  ['kill-host', 4],
  ['freeze-host', 2],
  ['leave-host', 2],
  ['kill-worker', 2],
  ['freeze-worker', 1],
  ['kill-server', 3],
  ['freeze-server', 2],
  ['step-down', 5],
];

/** Starts to strike. */
export const startStrikes = (options: StrikeOptions): Strikes => {
  const { random, broker, hosts, workers, everyMs, awayMaxMs, onStrike } = options;
  const weights = broker.nodes.length === 1 ? ONE_NODE : THREE_NODES;
  const bag = weights.flatMap(([strike, weight]) => Array.from({ length: weight }, () => strike));
  const counts = Object.fromEntries(STRIKES.map((strike) => [strike, 0])) as Record<Strike, number>;
  const recoveries = new Set<Promise<unknown>>();
  const struck = new Set<unknown>();
  const failures: unknown[] = [];
  const stopping = new AbortController();

  /** Strikes one of those that are well; what makes it well again runs on its own. */
  const strikeOne = <Target>(
    targets: readonly Target[],
    strike: Strike,
    act: (target: Target) => Promise<unknown>,
  ): void => {
    const well = targets.filter((target) => !struck.has(target));
    // The last one that works stays: of a cluster a majority, of the others one.
    const left = targets === (broker.nodes as readonly unknown[]) && targets.length > 1 ? 2 : 0;
    if (well.length <= left) return;
    const target = random.pick(well);
    struck.add(target);
    counts[strike] += 1;
    onStrike?.(strike);
    const recovery: Promise<unknown> = act(target)
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        struck.delete(target);
        recoveries.delete(recovery);
      });
    recoveries.add(recovery);
  };

  const strike = async (kind: Strike): Promise<void> => {
    const awayMs = random.integer(100, awayMaxMs);
    const crew = kind.endsWith('host') ? hosts : workers;
    switch (kind) {
      case 'kill-host':
      case 'kill-worker':
        return strikeOne(crew.members, kind, async (child) => {
          await child.kill();
          await crew.replace(child);
        });
      case 'freeze-host':
      case 'freeze-worker':
        return strikeOne(crew.members, kind, async (child) => {
          child.freeze();
          await wait(awayMs);
          child.thaw();
        });
      case 'leave-host':
        return strikeOne(crew.members, kind, async (child) => {
          await child.stop();
          await crew.replace(child);
        });
      case 'kill-server':
        return strikeOne(broker.nodes, kind, async (node) => {
          await node.kill();
          await wait(awayMs);
          await node.restart();
        });
      case 'freeze-server':
        return strikeOne(broker.nodes, kind, async (node) => {
          await node.kill('SIGSTOP');
          await wait(awayMs);
          await node.kill('SIGCONT');
        });
      case 'step-down':
        counts[kind] += 1;
        onStrike?.(`${kind} ${await broker.stepDown(random)}`);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ms = everyMs * (0.5 + random.next());
      await wait(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await strike(random.pick(bag));
    }
  };
  const running = run();
  return {
    counts,
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all(recoveries);
      if (failures.length > 0) throw new AggregateError(failures, 'Something did not recover.');
    },
  };
};
