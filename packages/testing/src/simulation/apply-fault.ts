// Makes a fault happen in a world.
import { crashPointName, isArrival, type Fault } from './fault.ts';
import type { Place } from './place.ts';
import type { Caught } from './wire.ts';
import type { World } from './world.ts';

/** Makes it happen, or sets a trap for the crossing that it waits for. */
export const applyFault = (world: World, fault: Fault): void => {
  if (world.isHealing) return;
  const place = world.place(fault.place);
  const { kind, forMs } = fault;
  const happens = (): void => {
    world.count(kind);
    world.health.noteTrouble(world.time.exact);
    world.trace(() => `fault: ${describeFault(fault)}`);
  };
  const later = (undo: () => void): void => {
    world.time.after(forMs, undo);
  };
  switch (kind) {
    case 'crash':
      return setTrap(world, fault, () => crashAt(world, fault, place, happens));
    case 'lost-delivery':
    case 'lost-publish':
      return setTrap(world, fault, () => {
        happens();
        return { kind: 'lost' };
      });
    case 'lost-answer':
      return setTrap(world, { ...fault, isAnswer: true }, () => {
        happens();
        return { kind: 'lost' };
      });
    case 'duplicate':
      return setTrap(world, fault, () => {
        happens();
        return { kind: 'twice', afterMs: forMs };
      });
    case 'delay':
    case 'reorder':
      return setTrap(world, fault, () => {
        happens();
        return { kind: 'late', byMs: forMs, isAlone: kind === 'reorder' };
      });
    case 'late-host':
    case 'slow-host':
      return setTrap(world, fault, () => {
        happens();
        return pauseAt(world, fault, place);
      });
    case 'crash-at-rest':
      if (place.process?.isAlive !== true) return;
      happens();
      return world.crash(place, forMs);
    case 'slow-worker':
      happens();
      return pause(world, place, forMs);
    case 'cut':
      happens();
      return cut(world, place, forMs);
    case 'leave-and-join':
      happens();
      return leave(world, place, forMs);
    case 'old-version-host':
      happens();
      place.isOld = true;
      world.crash(place, 500);
      return later(() => {
        // The end of all faults, or of another one here, may have brought it back already.
        if (!place.isOld) return;
        place.isOld = false;
        world.crash(place, 500);
      });
    case 'broker-restart':
      happens();
      return restartBroker(world, forMs);
    case 'forgotten-ids':
      happens();
      return forgetIds(world);
    case 'clock-back':
      happens();
      world.brokerSkewMs = -forMs;
      return later(() => (world.brokerSkewMs = 0));
    case 'timers-held':
      happens();
      holdTimers(world, true);
      return later(() => holdTimers(world, false));
    case 'timers-lost':
      happens();
      return world.broker.timers.lose();
    case 'snapshots-refused':
      happens();
      refuseSnapshots(world, true);
      return later(() => refuseSnapshots(world, false));
    case 'poll-storm':
      happens();
      world.isStormy = true;
      return later(() => (world.isStormy = false));
    case 'restored-journal':
      happens();
      return restoreJournal(world, forMs);
  }
};

/** In words. */
export const describeFault = ({ kind, place, point, crossing, forMs, nth }: Fault): string => {
  const what = point === undefined ? kind : `crash ${crashPointName(point)}`;
  return `${what} at ${place} (${crossing} ${nth}, ${forMs} ms)`;
};

const setTrap = (
  world: World,
  fault: Fault & { readonly isAnswer?: boolean },
  caught: () => Caught,
): void => {
  const { place, crossing, nth, isAnswer } = fault;
  const isIncoming = isAnswer === true || isArrival(crossing);
  const direction = isIncoming ? 'to-client' : 'to-broker';
  world.wire.set({ place, direction, kind: crossing, nth, spring: caught });
};

const crashAt = (world: World, fault: Fault, place: Place, happens: () => void): Caught => {
  const { point, forMs } = fault;
  return {
    kind: 'act',
    isOnArrival: isArrival(fault.crossing),
    act: (carry) => {
      happens();
      if (point !== undefined) world.count(crashPointName(point));
      if (point?.side === 'after') carry();
      world.crash(place, forMs);
    },
  };
};

/**
 * The process halts just before the message leaves: it comes minutes later, as does all behind it.
 */
const pauseAt = (world: World, { forMs }: Fault, place: Place): Caught => ({
  kind: 'act',
  isOnArrival: false,
  act: (carry) => {
    const { process } = place;
    pause(world, place, forMs);
    process?.whenRunning(carry);
  },
});

const pause = (world: World, { process }: Place, forMs: number): void => {
  if (process === undefined) return;
  process.pause();
  world.noteHealth();
  world.time.after(forMs, () => {
    process.resume();
    world.noteHealth();
  });
};

const cut = (world: World, { process }: Place, forMs: number): void => {
  process?.cut();
  world.noteHealth();
  world.time.after(forMs, () => {
    if (!world.isBrokerDown) process?.connection.restore();
    world.noteHealth();
  });
};

const leave = (world: World, place: Place, forMs: number): void => {
  const { running, process } = place;
  if (running?.role !== 'host' || process === undefined) return;
  place.running = undefined;
  world.noteHealth();
  const finish = async (): Promise<void> => {
    try {
      await running.worker?.stop();
      await running.host.stop();
    } catch (error) {
      world.defects.push(error);
    }
    if (place.process === process) world.crash(place, forMs);
  };
  void finish();
};

const restartBroker = (world: World, downMs: number): void => {
  // Its end would take the pins of hosts that are connected: no server does that.
  if (world.isBrokerDown) return;
  world.isBrokerDown = true;
  world.broker.timers.hold();
  for (const { process } of world.places.values()) process?.cut();
  world.noteHealth();
  world.time.after(downMs, () => {
    world.isBrokerDown = false;
    if (!world.areTimersHeld) world.broker.timers.release();
    for (const queue of world.broker.partitions.all()) queue.restart();
    for (const { process } of world.places.values())
      world.time.after(world.random.integer(0, 400), () => {
        if (!world.isBrokerDown) process?.connection.restore();
        world.noteHealth();
      });
  });
};

const forgetIds = (world: World): void => {
  world.hasForgottenIds = true;
  world.broker.journal.forgetIds();
  for (const stream of Object.values(world.broker.commands)) stream.forgetIds();
};

const holdTimers = (world: World, isHeld: boolean): void => {
  world.areTimersHeld = isHeld;
  if (isHeld) world.broker.timers.hold();
  else if (!world.isBrokerDown) world.broker.timers.release();
  world.noteHealth();
};

const refuseSnapshots = (world: World, isRefused: boolean): void => {
  world.areSnapshotsRefused = isRefused;
  world.broker.snapshots.refuse(isRefused);
  world.noteHealth();
};

/** The broker goes down and comes back with a journal that lacks its newest entries. */
const restoreJournal = (world: World, downMs: number): void => {
  if (world.restoredTo !== undefined) return;
  const { journal, partitions } = world.broker;
  const upTo = Math.max(0, journal.entries.length - world.random.integer(1, 12));
  world.restoredTo = upTo;
  world.restoredAt = world.time.now();
  // Before a journal is restored its hosts are stopped. A hung one cannot be asked to: it is ended.
  for (const place of world.places.values())
    if (place.role === 'host' && place.process?.isPaused === true) world.crash(place, downMs + 500);
  restartBroker(world, downMs + 500);
  const lost = journal.restore(upTo);
  world.lost = lost;
  for (const queue of partitions.all()) queue.restore(upTo);
  world.recorder.restore(upTo);
  // The journal sources what the timer stream still has.
  for (const { type, id, kindToken, body, headers } of lost)
    if (kindToken === 'timer') journal.source({ type, id }, body, headers);
};
