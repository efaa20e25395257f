// One actor's state as a sheet: what it is, what it waits for, what it takes.
import type { StateView, WaitingFor } from '@pawl/core';
import { timerText } from './effect-text.ts';
import type { TableTarget } from './table.ts';
import { stateText, statusColor } from './state-text.ts';
import { timeText } from './time-text.ts';

/** `permit openstack/settings-7, behind volume/vol-3`. */
const permitText = ({ scopes = [], held = [], behind }: WaitingFor): string => {
  const awaited = scopes[held.length];
  if (awaited === undefined) return `nothing: permit ${scopes.join(' and ')}`;
  const before = behind === undefined ? '' : `, behind ${behind.type}/${behind.id}`;
  const also = held.length === 0 ? '' : ` (holds ${held.join(' and ')})`;
  return `permit ${awaited}${also}${before}`;
};

/** `command storage.create-volume (heavy), attempt 2, since 3 s ago, until in 1 h`. */
export const waitingText = (waiting: WaitingFor, now: number, isPretty: boolean): string => {
  const { what, name, service, task, child, attempt, status, lastError, until } = waiting;
  const time = (at: number): string => timeText(at, now, isPretty);
  const subject =
    what === 'command'
      ? `command ${service ?? '?'}.${task ?? name}${waiting.class ? ` (${waiting.class})` : ''}`
      : what === 'child'
        ? `child ${child ? `${child.type}/${child.id}` : name}`
        : what === 'permit'
          ? permitText(waiting)
          : `timer ${timerText(name)}`;
  return [
    subject,
    ...(status !== undefined && status !== 'running' ? [status] : []),
    ...(attempt !== undefined && attempt > 1 ? [`attempt ${attempt}`] : []),
    `since ${time(waiting.since)}`,
    ...(until === undefined ? [] : [`${what === 'timer' ? 'due' : 'until'} ${time(until)}`]),
    ...(lastError === undefined ? [] : [`last error ${lastError.code}: ${lastError.message}`]),
  ].join(', ');
};

const rowsOf = (view: StateView, now: number, isPretty: boolean): (readonly [string, string])[] => [
  ['status', view.status],
  ['version', view.version],
  ['sequence', String(view.sequence)],
  ['since', timeText(view.since, now, isPretty)],
  ...(view.tags.length > 0 ? [['tags', view.tags.join(', ')] as const] : []),
  ['context', JSON.stringify(view.context)],
  ...(view.output === undefined ? [] : [['output', JSON.stringify(view.output)] as const]),
  ...view.waitingFor.map((each) => ['waits for', waitingText(each, now, isPretty)] as const),
  ...(view.accepts.length > 0 ? [['accepts', view.accepts.join(', ')] as const] : []),
  ...(view.fault === undefined
    ? []
    : ([
        ['fault', `${view.fault.error.code}: ${view.fault.error.message}`],
        ['faulted at', `sequence ${view.fault.sequence}`],
      ] as const)),
  ...(view.parked === undefined
    ? []
    : [['parked', `${view.parked.code}: ${view.parked.message}`] as const]),
];

/** Renders a state. In a pipe: one `name<TAB>value` a line. */
export const renderState = (view: StateView, target: TableTarget, now: number): string => {
  const rows = rowsOf(view, now, target.isPretty);
  if (!target.isPretty)
    return [['type', view.type], ['id', view.id], ['state', stateText(view.value)], ...rows]
      .map(([name, value]) => `${name}\t${value}`)
      .join('\n');
  const { colors } = target;
  const state = statusColor(view.status, colors)(stateText(view.value));
  const title = `${colors.bold(`${view.type}/${view.id}`)}  ${state}`;
  const lines = rows.map(([name, value]) => `  ${colors.dim(name.padEnd(10))}  ${value}`);
  return [title, ...lines].join('\n');
};
