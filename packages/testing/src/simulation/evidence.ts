// What a world is judged by: its journal folded again, and what each part of it says.
import {
  addressKey,
  builtInMachines,
  registerMachine,
  replayJournal,
  type ActorState,
  type Fold,
  type MachineOf,
  type RegisteredMachine,
  type ReplayedEntry,
  type StoredEntry,
} from '@pawl/core';
import type { AnyStateMachine } from 'xstate';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

/** The life of one actor by its journal. */
export interface Life {
  readonly key: string;
  readonly replayed: readonly ReplayedEntry[];
  readonly state: ActorState | undefined;
}

/** The evidence. */
export interface Evidence {
  readonly world: World;
  readonly lives: ReadonlyMap<string, Life>;
  /** States of all actors that have been born. */
  readonly states: ReadonlyMap<string, ActorState>;
}

/** Was the whole journal before it folded again by this entry, whatever came of it? */
export const isFoldAgain = ({ entry }: ReplayedEntry): boolean =>
  entry?.kind === 'admin' && entry.body['type'] === 'fold-again';

/** Something that must not be. */
export interface Violation {
  /** Which invariant. */
  readonly invariant: string;
  readonly text: string;
}

/** Holds the evidence against one promise. Empty: it was kept. */
export type Invariant = (evidence: Evidence) => readonly string[] | Promise<readonly string[]>;

const registered = new WeakMap<AnyStateMachine, RegisteredMachine>();

const register = (type: string, machine: AnyStateMachine): RegisteredMachine => {
  const known = registered.get(machine);
  if (known?.type === type) return known;
  const fresh = registerMachine(type, machine);
  registered.set(machine, fresh);
  return fresh;
};

/** Finds the machines of a scenario, and the built-in ones. */
export const machinesOf = ({ machines }: Scenario): MachineOf => {
  const all = { ...machines, ...builtInMachines };
  return (type, version) => {
    const given = (all as Scenario['machines'])[type];
    if (given === undefined) return undefined;
    const versions = 'length' in given ? given : [given];
    const found =
      version === undefined
        ? versions.at(-1)
        : versions.find((machine) => machine.version === version);
    return found && register(type, found);
  };
};

const replay = (machineOf: MachineOf, entries: readonly StoredEntry[], fold: Fold): Life[] => {
  const byActor = new Map<string, StoredEntry[]>();
  for (const entry of entries) {
    const key = addressKey(entry);
    const ofActor = byActor.get(key);
    if (ofActor === undefined) byActor.set(key, [entry]);
    else ofActor.push(entry);
  }
  return [...byActor].map(([key, ofActor]) => {
    const replayed = [...replayJournal(machineOf, ofActor, fold)];
    return { key, replayed, state: replayed.at(-1)?.step.state };
  });
};

/** Folds the journal of a world again, by the fold that its hosts have. */
export const gatherEvidence = (world: World): Evidence => {
  const { broker, fold, scenario } = world;
  const lives = replay(machinesOf(scenario), broker.journal.entries, fold);
  const born = lives.flatMap(({ key, state }): [string, ActorState][] =>
    state === undefined ? [] : [[key, state]],
  );
  return {
    world,
    lives: new Map(lives.map((life) => [life.key, life])),
    states: new Map(born),
  };
};
