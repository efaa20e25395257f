// `pawl replay`: folds the journal of one actor again and shows what each entry did.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  historyEntryOf,
  PawlError,
  replayJournal,
  stateViewOf,
  type ActorAddress,
  type HistoryEntry,
  type StateView,
} from '@pawl/core';
import { openModuleLoader } from '../dev/module-loader.ts';
import { readUserModule } from '../dev/user-module.ts';
import { checkType } from '../explained-error.ts';
import { print, type Invoke } from '../invocation.ts';
import { createMachineFinder } from '../replay/machine-finder.ts';
import { differencesBetween } from '../replay/state-difference.ts';
import { withSession, type Session } from '../session.ts';
import { renderReplay } from '../show/replay-text.ts';

interface Flags {
  readonly machines?: string;
}

/** Adds the command. */
export const addReplayCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('replay')
    .description("fold an actor's journal again, show what each entry did, compare with the host")
    .argument('<type>', 'actor type')
    .argument('<id>', 'actor id')
    .option('--machines <file>', 'fold here, with the machines of this module (as for pawl dev)')
    .addHelpText(
      'after',
      `
Without --machines a host folds the journal from its beginning. With it nothing but the journal is
read, so it shows what an edited machine would have done; the check at the end tells whether it
comes to the same state as the host.

Examples:
  $ pawl replay volume vol-1
  $ pawl replay volume vol-1 --machines volume.ts
  $ pawl replay volume vol-1 --json | jq .check`,
    )
    .action(async (type: string, id: string, flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { terminal } = invocation;
      await withSession(invocation, async (session) => {
        const actor = { type, id };
        session.client.actor(type, id);
        await checkType(type, session.ports);
        const replayed =
          flags.machines === undefined
            ? await replayAtHost(session, actor)
            : await replayHere(session, actor, flags.machines);
        const { entries, check } = replayed;
        print(invocation, { entries, check }, () => renderReplay(entries, check, terminal));
        if (check.differences.length > 0)
          throw new PawlError(
            flags.machines === undefined ? 'nondeterministic' : 'machine-changed',
            `${type}/${id}: the replay and the host differ in ${check.differences.join(', ')}. ` +
              (flags.machines === undefined
                ? 'Guards, actions and inputs must be pure.'
                : `The machine of ${flags.machines} is not the one that folded it.`),
          );
      });
    });
};

/** Does the replay come to the state that the host says? */
export interface ReplayCheck {
  readonly sequence: number;
  /** Fields in which the two states differ. */
  readonly differences: readonly string[];
}

interface Replayed {
  readonly entries: readonly HistoryEntry[];
  readonly check: ReplayCheck;
}

const noJournal = ({ type, id }: ActorAddress): PawlError =>
  new PawlError('no-such-actor', `There is no entry for ${type}/${id} in the journal.`);

/** The host's fold from the first entry, against the state that it has. */
const replayAtHost = async ({ client }: Session, actor: ActorAddress): Promise<Replayed> => {
  const handle = client.actor(actor.type, actor.id);
  const view = (await handle.load()).toJSON() as StateView;
  const all = await handle.history();
  const entries = all.filter(({ sequence }) => sequence <= view.sequence);
  const last = entries.at(-1);
  if (last === undefined) throw noJournal(actor);
  const differences = differencesBetween(
    { sequence: last.sequence, value: last.after },
    { sequence: view.sequence, value: view.value },
  );
  return { entries, check: { sequence: view.sequence, differences } };
};

/** A fold in this process, against the host's state at the same sequence. */
const replayHere = async (
  { ports, client }: Session,
  actor: ActorAddress,
  file: string,
): Promise<Replayed> => {
  const loader = await openModuleLoader(resolve(file), () => undefined);
  const { machines } = readUserModule(await loader.load());
  const view = (await client.actor(actor.type, actor.id).load()).toJSON() as StateView;
  const stored = await ports.journal.read(actor, { upTo: view.sequence });
  if (stored.length === 0) throw noJournal(actor);
  const machineOf = createMachineFinder(machines);
  const replayed = [...replayJournal(machineOf, stored)];
  const state = replayed.at(-1)?.step.state;
  const machine = state && machineOf(state.type, state.version);
  if (state === undefined || machine === undefined) throw noJournal(actor);
  const differences = differencesBetween(
    { ...stateViewOf(machine, state) },
    { ...view, parked: undefined },
  );
  return {
    entries: replayed.map(historyEntryOf),
    check: { sequence: view.sequence, differences },
  };
};
