// Tables of what flows: commands, partitions by host, stores.
import type { CommandFlow, FlowReport, PartitionFlow } from '../../installation/flow-report.ts';
import { renderTable, type Column, type TableTarget } from './table.ts';
import { pauseText } from './pause-text.ts';
import { durationText } from './time-text.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `812 B`, `3.4 MiB`. */
export const bytesText = (bytes: number): string => {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
};

/** `0-3, 7`: sorted numbers, runs joined. */
export const rangesText = (numbers: readonly number[]): string => {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
};

/** The partitions of one service that one host has, or nobody. */
interface HostFlow {
  readonly service: string;
  readonly host: string;
  readonly partitions: readonly number[];
  readonly unacknowledged: number;
  readonly lag: number;
  readonly oldestAt: number | undefined;
}

const NOBODY = '–';

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** One that a live host has, one that only the broker knows to be held, one of nobody. */
const holderOf = ({ hosts, isPinned }: PartitionFlow): string =>
  hosts.length > 0 ? hosts.join(' ') : isPinned ? '(silent host)' : NOBODY;

const byHost = (partitions: readonly PartitionFlow[]): readonly HostFlow[] => {
  const groups = new Map<string, PartitionFlow[]>();
  for (const flow of partitions) {
    const key = `${flow.service}\n${holderOf(flow)}`;
    groups.set(key, [...(groups.get(key) ?? []), flow]);
  }
  return [...groups].map(([key, flows]) => ({
    service: flows[0]?.service ?? '',
    host: key.split('\n')[1] ?? NOBODY,
    partitions: flows.map(({ partition }) => partition),
    unacknowledged: sum(flows.map(({ unacknowledged }) => unacknowledged)),
    lag: sum(flows.map(({ lag }) => lag)),
    oldestAt: earliest(flows.map(({ oldestAt }) => oldestAt)),
  }));
};

const count = (number: number): string => String(number);

/** The tables; `now` is the time that ages are told against. */
export const renderFlow = (report: FlowReport, target: TableTarget, now: number): string => {
  const age = (at: number | undefined): string =>
    at === undefined ? '' : durationText(Math.max(0, now - at));
  const commands: readonly Column<CommandFlow>[] = [
    { title: 'commands', text: (row) => row.class },
    { title: 'service', text: ({ service }) => service },
    { title: 'depth', align: 'right', text: ({ depth }) => count(depth) },
    { title: 'oldest', align: 'right', text: ({ oldestAt }) => age(oldestAt) },
    { title: 'in flight', align: 'right', text: ({ inFlight }) => count(inFlight) },
    {
      title: 'slots',
      align: 'right',
      text: ({ slots, busy }) => (slots === 0 ? '' : `${busy}/${slots}`),
      color: ({ slots, busy }, colors) =>
        slots > 0 && busy >= slots ? colors.yellow : (text) => text,
    },
    { title: 'pulls', align: 'right', text: ({ waitingPulls }) => count(waitingPulls) },
    { title: 'redelivered', align: 'right', text: ({ redelivered }) => count(redelivered) },
    { title: 'consumers', align: 'right', text: ({ consumers }) => count(consumers) },
    {
      title: 'paused',
      text: (row) => pauseText(row, now, target.isPretty),
      color: (_row, colors) => colors.yellow,
    },
  ];
  const partitions: readonly Column<HostFlow>[] = [
    { title: 'journal', text: ({ service }) => service },
    {
      title: 'host',
      text: ({ host }) => host,
      color: ({ host, lag }, colors) => (host === NOBODY && lag > 0 ? colors.red : (text) => text),
    },
    { title: 'partitions', text: (row) => rangesText(row.partitions) },
    {
      title: 'unacknowledged',
      align: 'right',
      text: ({ unacknowledged }) => count(unacknowledged),
    },
    { title: 'lag', align: 'right', text: ({ lag }) => count(lag) },
    { title: 'oldest', align: 'right', text: ({ oldestAt }) => age(oldestAt) },
  ];
  const stores: readonly Column<FlowReport['stores'][number]>[] = [
    { title: 'stream', text: ({ stream }) => stream },
    { title: 'entries', align: 'right', text: ({ entries }) => count(entries) },
    { title: 'size', align: 'right', text: ({ bytes }) => bytesText(bytes) },
    { title: 'oldest', align: 'right', text: ({ oldestAt }) => age(oldestAt) },
    { title: 'last sequence', align: 'right', text: ({ lastSequence }) => count(lastSequence) },
    { title: 'consumers', align: 'right', text: (row) => count(row.consumers) },
    { title: 'replicas', align: 'right', text: ({ replicas }) => count(replicas) },
  ];
  return [
    renderTable(report.commands, commands, target),
    renderTable(byHost(report.partitions), partitions, target),
    renderTable(report.stores, stores, target),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
};
