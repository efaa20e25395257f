// What clients and operators do in the simulated harbour.
import type { Operator } from '@pawl/client';
import type { Random } from '../random.ts';
import type { Action, SimulatedEvent } from '../scenario.ts';
import { auditAndFix } from './audit.ts';
import { SCHEDULES } from './schedules.ts';
import { CRANE } from './ship.machine.ts';

const SHIPS = 7;
const LAMPS = 5;

/** Scopes of the berths. */
export const DOCKS = ['harbour/north', 'harbour/south'] as const;

/** Clients are done after this, ms. */
const BUSY_MS = 14_000;

const SHIP_EVENTS = 26;
const LAMP_EVENTS = 4;
const SCHEDULE_EVENTS = 4;
const CAPACITIES = 5;
const FAULTS = 2;
const AUDITS = 2;

const EVENTS = ['MOOR', 'MOOR', 'MOOR', 'LOAD', 'LOAD', 'TOW', 'TOW', 'CANCEL'] as const;

const shipId = (random: Random): string => `ship-${random.integer(1, SHIPS)}`;

const times = (total: number, draw: (index: number) => Action | readonly Action[]): Action[] =>
  Array.from({ length: total }, (_, index) => draw(index)).flat();

const births = (random: Random): Action[] => [
  ...times(SHIPS, (index) => {
    const id = `ship-${index + 1}`;
    const input = { id, dock: DOCKS[index % 2], max: random.integer(1, 3) };
    const birth = { type: 'ship', id, input, at: random.integer(0, 1_500) };
    // The first version breaks where the second does not.
    if (random.isChance(0.5)) return { ...birth, kind: 'plain-create', version: '1' };
    return { ...birth, kind: 'create' };
  }),
  ...times(LAMPS, (index) => {
    const id = `lamp-${index + 1}`;
    return { kind: 'create', type: 'lamp', id, input: {}, at: random.integer(0, 1_500) };
  }),
];

const at = (random: Random): number => random.integer(500, BUSY_MS);

const order = (
  type: string,
  id: string,
  when: number,
  what: string,
  run: (operator: Operator) => Promise<unknown>,
): Action => ({ kind: 'order', type, id, at: when, what, run });

const capacity = (random: Random): Action => {
  const scope = random.pick([...DOCKS, CRANE]);
  const capacityNow = random.isChance(0.2) ? undefined : random.integer(1, 4);
  return order('limit', scope.replaceAll('/', '_-'), at(random), `capacity ${capacityNow}`, (of) =>
    of.limits.setCapacity(scope, capacityNow),
  );
};

/** A ship breaks, and somebody mends it a while later; before that its permit may be taken back. */
const fault = (random: Random): Action[] => {
  const id = shipId(random);
  const when = at(random);
  const type = random.pick(['BREAK', 'CRACK']);
  const mendedAt = when + random.integer(300, 4_000);
  const takenAt = random.integer(when, mendedAt);
  const broken: Action = { kind: 'send', type: 'ship', id, event: { type }, at: when };
  const again = order('ship', id, mendedAt, 'fold again', (operator) =>
    operator.actor('ship', id).foldAgain({ version: '2' }),
  );
  const retried = order('ship', id, mendedAt, 'retry', (operator) =>
    operator.actor('ship', id).retry(),
  );
  const taken = DOCKS.map((scope) =>
    order('ship', id, takenAt, `release ${scope}`, (operator) =>
      operator.limits.release(scope, { type: 'ship', id }),
    ),
  );
  return [
    broken,
    ...(random.isChance(0.4) ? taken : []),
    type === 'BREAK' && random.isChance(0.7) ? again : retried,
  ];
};

const audit = (random: Random): Action => {
  const scope = random.pick([...DOCKS, CRANE]);
  return order('limit', scope.replaceAll('/', '_-'), at(random), 'audit', ({ limits }) =>
    auditAndFix(limits, scope),
  );
};

const unlinked = (random: Random): Action => {
  const id = shipId(random);
  return order('ship', id, random.integer(BUSY_MS / 2, BUSY_MS), 'unlink', (operator) =>
    operator.actor('ship', id).unlink(),
  );
};

const scheduleEvent = (random: Random): Action | readonly Action[] => {
  const id = random.pick(SCHEDULES);
  const when = at(random);
  const send = (event: SimulatedEvent, later: number = 0): Action => ({
    ...{ kind: 'send', type: 'schedule', id, event },
    at: when + later,
  });
  const draw = random.next();
  if (draw < 0.5) return send({ type: 'RUN' });
  if (draw < 0.8) return [send({ type: 'PAUSE' }), send({ type: 'RESUME' }, 3_500)];
  // The beginning of a world: three or four ticks.
  const from = 1_767_225_600_000;
  return send({ type: 'BACKFILL', from, to: from + 9_000 });
};

/** All that happens in one world, by time. */
export const harbourActions = (random: Random): readonly Action[] =>
  [
    ...births(random),
    ...times(SHIP_EVENTS, () => {
      const type = random.isChance(0.02) ? 'SINK' : random.pick(EVENTS);
      const what = { type: 'ship', id: shipId(random), event: { type }, at: at(random) };
      return { kind: random.isChance(0.04) ? 'plain-send' : 'send', ...what };
    }),
    ...times(LAMP_EVENTS, () => {
      const id = `lamp-${random.integer(1, LAMPS)}`;
      const type = random.isChance(0.7) ? 'SWITCH' : 'PULL';
      return { kind: 'send', type: 'lamp', id, event: { type }, at: at(random) };
    }),
    ...times(SCHEDULE_EVENTS, () => scheduleEvent(random)),
    ...times(CAPACITIES, () => capacity(random)),
    ...times(FAULTS, () => fault(random)),
    ...times(AUDITS, () => audit(random)),
    ...times(1, () => unlinked(random)),
  ].toSorted((one, other) => one.at - other.at);
