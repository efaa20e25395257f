// The board: where each instance is, its volumes, and which commands run for it.
import { QUEUE_CLASSES, type ActorAddress } from 'pawl';
import { renderTable, stateText, type Column, type TableTarget } from 'pawl/show';
import type { Observer, RunningCommand, SeenActor } from '../observer.ts';
import { volumesOf, type Plan } from '../plan.ts';

interface Row {
  readonly id: string;
  readonly actor: SeenActor | undefined;
  readonly volumes: readonly string[];
  readonly running: readonly RunningCommand[];
}

/** Tenths, so that it does not flicker. */
const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const isOf = (id: string, { type, id: actorId }: ActorAddress): boolean =>
  type === 'instance' ? actorId === id : volumesOf(id).includes(actorId);

const rowsOf = ({ actors, running }: Observer, { instances }: Plan): readonly Row[] =>
  instances.map((id) => ({
    id,
    actor: actors.get(`instance/${id}`),
    volumes: volumesOf(id).map((volume) => stateText(actors.get(`volume/${volume}`)?.value)),
    running: [...running.values()].filter(({ actor }) => isOf(id, actor)),
  }));

const columnsOf = (now: number): readonly Column<Row>[] => [
  { title: 'instance', text: ({ id }) => id, color: (_row, colors) => colors.bold },
  {
    title: 'state',
    text: ({ actor }) => stateText(actor?.value).padEnd('cleaningUp.waitingServerGone'.length),
    color: ({ actor }, colors) => {
      if (actor?.value === 'ok') return colors.green;
      return actor?.value === 'erred' ? colors.red : colors.yellow;
    },
  },
  {
    title: 'since',
    align: 'right',
    text: ({ actor }) => (actor === undefined ? '' : secondsText(now - actor.since)).padStart(6),
  },
  {
    title: 'volumes',
    text: ({ volumes }) =>
      volumes.map((each) => each.padEnd('creating.requesting'.length)).join(' '),
    color: (_row, colors) => colors.dim,
  },
  {
    title: 'runs',
    text: ({ running }) =>
      running.map(({ task, class: queueClass }) => `${task} (${queueClass})`).join(', '),
    color: (_row, colors) => colors.cyan,
  },
];

/** `regular 34 of 36 answered`, for each class that has been used. */
export const countsText = ({ counts }: Observer): string =>
  QUEUE_CLASSES.map((queueClass) => {
    const { published, answered } = counts[queueClass];
    return `${queueClass} ${answered}/${published}`;
  }).join('   ');

/** Renders the board. */
export const renderBoard = (
  observer: Observer,
  plan: Plan,
  target: TableTarget,
  time: { readonly now: number; readonly startedAt: number },
): readonly string[] => [
  ...renderTable(rowsOf(observer, plan), columnsOf(time.now), target).split('\n'),
  '',
  `commands answered/given   ${countsText(observer)}   ` +
    target.colors.dim(secondsText(time.now - time.startedAt)),
];
