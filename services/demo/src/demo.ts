// The demo from start to end: installation, workload, progress, summary.
import { systemClock } from 'pawl';
import type { TableTarget } from 'pawl/show';
import { startInstallation, type Installation } from './installation.ts';
import { checkLedger } from './ledger-check.ts';
import type { DemoOptions } from './options.ts';
import { createPlan } from './plan.ts';
import { showProgress } from './show/progress.ts';
import type { ScreenOutput } from './show/screen.ts';
import { NEXT_STEPS, renderSummary, talkTo } from './show/summary.ts';
import { runWorkload } from './workload.ts';

/** Where the demo shows itself, and what ends it early. */
export interface DemoTerminal {
  readonly target: TableTarget;
  readonly output: ScreenOutput;
  readonly interrupted: AbortSignal;
}

/** Four instances at a time, as their limit says: each four take some seconds. */
const timeoutMs = (instances: number): number => 120_000 + instances * 5_000;

/** Rejects when the signal is aborted. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error('Interrupted.'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

/** Runs the demo; resolves to whether all was as it should be. Nothing is left running. */
export const runDemo = async (options: DemoOptions, terminal: DemoTerminal): Promise<boolean> => {
  const { output } = terminal;
  const plan = createPlan(options.instances);
  output.write(
    `${plan.instances.length} instances with 2 volumes each, on a simulated cloud. ` +
      `${plan.failing} will fail.\n`,
  );
  const installation = await startInstallation({
    plan,
    cloud: { seed: options.seed },
    onProgress: (line) => output.write(`${line}\n`),
  });
  try {
    return await provisionAll(installation, options, terminal);
  } finally {
    await installation.stop();
  }
};

const provisionAll = async (
  installation: Installation,
  options: DemoOptions,
  { target, output, interrupted }: DemoTerminal,
): Promise<boolean> => {
  const { cloud, connection, client, server } = installation;
  const plan = createPlan(options.instances);
  await installation.forkHost().start(installation.hostSettings('host-1'));
  output.write(`nats-server ${server.version}, 1 host and 2 workers are up.\n\n`);
  const startedAt = systemClock.now();
  const progress = await showProgress(connection, plan, target, output);
  const outcome = await Promise.race([
    runWorkload(client, plan, timeoutMs(options.instances)),
    abortOf(interrupted),
  ]);
  const now = systemClock.now();
  progress.end();
  const ledger = checkLedger(cloud, plan);
  const [shown = ''] = plan.instances;
  const history = await client.actor('instance', shown).history();
  const { observer } = progress;
  const tookMs = now - startedAt;
  const most = cloud.provisioning();
  const summary = { plan, outcome, ledger, observer, most, tookMs, now, shown, history };
  output.write(`${renderSummary(summary, target)}\n`);
  const isRight = outcome.faults.length === 0 && ledger.faults.length === 0;
  if (options.keep) {
    output.write(talkTo(server.url, plan, cloud.url));
    await new Promise<void>((resolve) => {
      interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
  } else output.write(NEXT_STEPS);
  observer.close();
  return isRight;
};
