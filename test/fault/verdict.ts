// What must hold after a run: the cloud's books, the journal, and what hosts say agree.
import { isDeepStrictEqual } from 'node:util';
import {
  decodeState,
  jobMachine,
  limitMachine,
  partitionOf,
  registerMachine,
  replayJournal,
  type ActorAddress,
  type ActorState,
  type MachineOf,
  type Ports,
  type RegisteredMachine,
} from '@pawl/core';
import { instance, resourceName, volume, volumeId } from '@pawl/openstack';
import type { OpenStackSimulator } from '@pawl/openstack-simulator';
import type { Client } from 'pawl';
import type { AnyStateMachine } from 'xstate';
import type { Ended } from './workload.ts';

/** Finds machines by type and version. */
export const machinesOf = (
  machines: Readonly<Record<string, AnyStateMachine | readonly AnyStateMachine[]>>,
): MachineOf => {
  const registered = Object.entries({ job: jobMachine, limit: limitMachine, ...machines }).flatMap(
    ([type, given]) =>
      [given]
        .flat()
        .map((machine): [string, RegisteredMachine] => [type, registerMachine(type, machine)]),
  );
  return (type, version) =>
    registered.find(
      ([each, machine]) => each === type && (version === undefined || machine.version === version),
    )?.[1];
};

/** The cloud's books: one server for each instance that is ok, and nothing of the others. */
export const ledgerFaults = (cloud: OpenStackSimulator, ended: readonly Ended[]): string[] => {
  const { servers, volumes } = cloud.resources();
  return ended.flatMap(({ id, value }) => {
    const name = resourceName(id);
    const made = cloud
      .ledger({ operation: 'create-server', name })
      .filter(({ applied }) => applied).length;
    const here = servers.filter((server) => server.name === name);
    const disks = volumes.filter((each) => each.name === resourceName(volumeId(id, 1, 0)));
    const wanted = value === 'ok' ? 1 : 0;
    const faults: string[] = [];
    if (made > 1 || (wanted === 1 && made !== 1)) faults.push(`${id}: ${made} servers were made`);
    if (here.length !== wanted) faults.push(`${id} is ${String(value)}: ${here.length} servers`);
    if (disks.length !== wanted) faults.push(`${id} is ${String(value)}: ${disks.length} volumes`);
    return faults;
  });
};

/** Live state, snapshot and replay: what is to agree for an actor. */
export interface JournalCheck {
  readonly ports: Ports;
  readonly client: Client;
  readonly machineOf: MachineOf;
}

const plain = (state: unknown): unknown => JSON.parse(JSON.stringify(state ?? null));

/** What one actor's journal, folded anew, says, against what was saved and is answered. */
const actorFaults = async (
  { ports, client, machineOf }: JournalCheck,
  actor: ActorAddress,
): Promise<{ readonly faults: readonly string[]; readonly head: number; entries: number }> => {
  const name = `${actor.type}/${actor.id}`;
  const stored = await ports.journal.read(actor);
  const states = new Map<number, ActorState>();
  let last: ActorState | undefined;
  for (const { step, stored: entry } of replayJournal(machineOf, stored)) {
    last = step.state;
    if (step.state !== undefined) states.set(entry.sequence, step.state);
  }
  const entries = stored.length;
  if (last === undefined) return { faults: [`${name} has no state`], head: 0, entries };
  const faults: string[] = [];
  const view = await client.actor(actor.type, actor.id).load();
  if (view.sequence !== last.sequence || !isDeepStrictEqual(view.value, last.snapshot.value))
    faults.push(
      `${name}: answered ${JSON.stringify(view.value)} at ${view.sequence}, ` +
        `the journal says ${JSON.stringify(last.snapshot.value)} at ${last.sequence}`,
    );
  const { partitions } = await ports.journal.identity();
  const partition = partitionOf(actor.type, actor.id, partitions);
  const snapshot = await ports.snapshots.load(partition, actor);
  if (snapshot === undefined) faults.push(`${name} has no snapshot`);
  else if (snapshot.header.parked !== undefined)
    faults.push(`${name} is parked: ${snapshot.header.parked.message}`);
  else if (
    !isDeepStrictEqual(
      plain(decodeState(snapshot.body)),
      plain(states.get(snapshot.header.sequence)),
    )
  )
    faults.push(`${name}: the snapshot at ${snapshot.header.sequence} is not what was folded`);
  return { faults, head: last.sequence, entries };
};

/** Checks all actors, and that everything acknowledged is in the journal and folded. */
export const journalFaults = async (
  check: JournalCheck,
  actors: readonly ActorAddress[],
  acknowledged: readonly (ActorAddress & { readonly what: string; readonly sequence: number })[],
): Promise<{ readonly faults: readonly string[]; readonly entries: number }> => {
  const faults: string[] = [];
  let entries = 0;
  for (const actor of actors) {
    const found = await actorFaults(check, actor);
    faults.push(...found.faults);
    entries += found.entries;
    for (const { type, id, what, sequence } of acknowledged)
      if (type === actor.type && id === actor.id && found.head < sequence)
        faults.push(`${id}: the ${what} acknowledged at ${sequence} is not in the journal`);
  }
  return { faults, entries };
};

/** Machines of the openstack service. */
export const openstackMachines = (): MachineOf => machinesOf({ instance, volume });
