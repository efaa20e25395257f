// The summary at the end: what came of it, what the cloud's books say, one history, what next.
import type { Provisioning } from '@pawl/openstack-simulator';
import { QUEUE_CLASSES, type HistoryEntry } from 'pawl';
import { durationText, renderHistory, renderTable, stateText, type TableTarget } from 'pawl/show';
import type { LedgerReport } from '../ledger-check.ts';
import type { Observer } from '../observer.ts';
import type { Plan } from '../plan.ts';
import type { Outcome } from '../workload.ts';

/** What there is to sum up. */
export interface Summary {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly ledger: LedgerReport;
  readonly observer: Observer;
  /** How much the cloud had to do at a time. */
  readonly most: Provisioning;
  readonly tookMs: number;
  readonly now: number;
  /** Whose history is shown. */
  readonly shown: string;
  readonly history: readonly HistoryEntry[];
}

const countsOf = (values: readonly unknown[]): string => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(stateText(value), (counts.get(stateText(value)) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
};

/** Renders the summary. */
export const renderSummary = (summary: Summary, target: TableTarget): string => {
  const { plan, outcome, ledger, observer, most, tookMs, now, shown, history } = summary;
  const { colors } = target;
  const volumes = [...observer.actors.values()].filter(({ type }) => type === 'volume');
  const failed = outcome.settled.find(({ id }) => id === plan.failing);
  const faults = [...outcome.faults, ...ledger.faults];
  const made = `${ledger.serversMade} servers and ${ledger.volumesMade} volumes made`;
  const facts = [
    ['instances', countsOf(outcome.settled.map(({ value }) => value))],
    ['volumes', countsOf(volumes.map(({ value }) => value))],
    ['why', `${plan.failing}: ${failed?.error?.code ?? '?'}: ${failed?.error?.message ?? '?'}`],
    ...QUEUE_CLASSES.map((queueClass): [string, string] => [
      `${queueClass}`,
      `${observer.counts[queueClass].published} commands`,
    ]),
    ['ledger', `${made}${ledger.faults.length === 0 ? ', each once' : ''}`],
    ['cloud now', `${ledger.serversLeft} servers, ${ledger.volumesLeft} volumes`],
    ['left over', ledger.leftovers.length === 0 ? 'nothing' : ledger.leftovers.join(', ')],
    ['at a time', `${most.servers.peak} servers and ${most.volumes.peak} volumes at most`],
    ['time', durationText(tookMs)],
  ].map(([name = '', text = '']) => ({ name, text }));
  const table = renderTable(
    facts,
    [
      { title: 'what', text: ({ name }) => name, color: (_row, { dim }) => dim },
      { title: 'result', text: ({ text }) => text },
    ],
    target,
  );
  return [
    '',
    table,
    '',
    colors.bold(`History of instance/${shown}`),
    renderHistory(history, target, now),
    '',
    faults.length === 0
      ? colors.green('All is as it should be.')
      : colors.red(`Not as it should be:\n  ${faults.join('\n  ')}`),
  ].join('\n');
};

/** What to do next when everything has been stopped. */
export const NEXT_STEPS = `
Next:
  npm run demo -- --keep             stay up and talk to it
  npm run demo -- --instances 100    more of it
  services/openstack/src/instance/instance.machine.ts   the statechart that did this
`;

/** How to talk to what stays up. */
export const talkTo = (url: string, plan: Plan, cloudUrl: string): string => {
  const [first = ''] = plan.instances;
  return `
It stays up. In another terminal:
  export PAWL_SERVER=${url}
  npm run pawl -- ls instance
  npm run pawl -- get instance ${plan.failing}
  npm run pawl -- history volume ${first}-1-1
  npm run pawl -- limits ls
  npm run pawl -- watch
  npm run pawl -- send instance ${plan.failing} RETRY     fails again: the cloud has no room for it
  npm run pawl -- send instance ${first} DELETE

With the nats CLI, without Pawl:
  nats --server ${url} pub pawl.in.event.instance.${first} '{"type":"DELETE"}'
  nats --server ${url} sub 'pawl.state.>'
  nats --server ${url} stream ls

The cloud: ${cloudUrl}/_simulator/resources
End it with Ctrl+C.
`;
};
