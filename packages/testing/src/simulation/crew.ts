// Many worlds on several cores: each process of the crew takes a share of the seeds.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Violation } from './evidence.ts';
import type { FaultKind } from './fault.ts';
import type { ScenarioName } from './scenario.ts';

/** What one process is told to run: worlds `first`, `first + step`, … below `end`. */
export interface Share {
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly scenario?: ScenarioName;
  readonly defect?: string;
  readonly faultKinds?: readonly FaultKind[];
}

/** What it tells of each world. */
export interface WorldNews {
  readonly seed: string;
  readonly violations: readonly Violation[];
  readonly counts: readonly (readonly [string, number])[];
  readonly entries: number;
  readonly faults: number;
}

/** Worlds of a scenario, over several processes. */
export interface CrewOptions {
  readonly worlds: number;
  readonly seed: number;
  readonly processes: number;
  readonly scenario?: ScenarioName | undefined;
  readonly defect?: string | undefined;
  readonly faultKinds?: readonly FaultKind[] | undefined;
  readonly onWorld: (news: WorldNews) => void;
}

/** Young objects are most of what a world makes; stack traces of errors are never read. */
const FLAGS = ['--max-semi-space-size=64', '--stack-trace-limit=0'];

const isNews = (message: unknown): message is WorldNews =>
  typeof message === 'object' && message !== null && 'violations' in message;

const runShare = async (share: Share, onWorld: CrewOptions['onWorld']): Promise<boolean> => {
  const member = fileURLToPath(
    new URL(`./crew-member${extname(import.meta.url)}`, import.meta.url),
  );
  const child = fork(member, [JSON.stringify(share)], {
    execArgv: [...process.execArgv.filter((word) => !/prof|inspect/.test(word)), ...FLAGS],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let isBroken = false;
  child.on('message', (message) => {
    if (!isNews(message)) return;
    onWorld(message);
    if (message.violations.length > 0) isBroken = true;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`A process of the simulation ended with ${String(code)}.`);
  return isBroken;
};

/** Runs the worlds. Each process stops at the first world of its share that breaks a promise. */
export const runCrew = async (options: CrewOptions): Promise<void> => {
  const { worlds, seed, processes, scenario, defect, faultKinds, onWorld } = options;
  const shares = Array.from({ length: Math.min(processes, worlds) }, (_, index): Share => ({
    first: seed + index,
    step: processes,
    end: seed + worlds,
    ...(scenario !== undefined && { scenario }),
    ...(defect !== undefined && { defect }),
    ...(faultKinds !== undefined && { faultKinds }),
  }));
  await Promise.all(shares.map((share) => runShare(share, onWorld)));
};
