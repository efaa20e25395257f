// Makes again what follows from the journal: timers, commands, snapshots, records. Hosts and
// workers then fill it.
import { PawlError } from '@pawl/core';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Connection } from './connection.ts';
import { timerSequenceOf } from './inspect/timer-source.ts';
import { announceRebuilt, firstSequenceOf } from './made-anew.ts';
import { PARTITION_CONSUMERS } from './partition-names.ts';
import { provision, withFound, type Provisioned } from './provision.ts';
import { refoldedMark } from './refolded-mark.ts';
import { infoOf, inWords, managerOf } from './stream-manager.ts';
import { isItsOwnTimerStream, withTimers } from './timer-stream.ts';
import {
  bucketStream,
  topologyNames,
  topologyOf,
  type StreamSettings,
  type TopologyNames,
} from './topology.ts';

/** What a rebuild found and did. */
export interface Rebuilt extends Provisioned {
  /**
   * The journal came without the positions of its hosts: everything is folded anew, and integration
   * events up to this sequence are not published again.
   */
  readonly refoldedUpTo?: number;
}

/** Which topology is rebuilt. All else is as the journal has it. */
export interface RebuildOptions {
  readonly prefix?: string;
}

const noJournal = (name: string): PawlError =>
  new PawlError(
    'topology-mismatch',
    `There is no journal ${name}, and nothing else can be rebuilt without it. Restore it from its ` +
      'backup (`nats stream restore`); for a new installation, run `pawl provision`.',
    { details: { stream: name, field: 'name', found: null, wanted: name } },
  );

/** Sequence in the timer stream of the last timer that the journal has taken; 0: none. */
const lastSourced = async (jsm: JetStreamManager, journal: string, prefix: string) => {
  const lastTimer = await inWords(
    `Reading the last timer in ${journal}`,
    jsm.streams.getMessage(journal, { last_by_subj: `${prefix}.journal.*.*.*.timer` }),
  );
  return timerSequenceOf(lastTimer?.header.get('Nats-Stream-Source')) ?? 0;
};

/**
 * Makes the journal source its timers from here on. Taking the source away and giving it back makes
 * the broker look at once; left alone, it looks again after some 20 s.
 */
const sourceAgain = async (
  jsm: JetStreamManager,
  journal: StreamInfo,
  wanted: StreamSettings,
): Promise<void> => {
  const { config } = journal;
  const metadata = { ...config.metadata, ...wanted.metadata };
  const put = (sources: StreamSettings['sources']): Promise<unknown> =>
    inWords(
      `Setting the source of ${config.name}`,
      jsm.streams.update(config.name, { ...config, metadata, sources: sources ?? [] }),
    );
  await put([]);
  await put(wanted.sources);
};

const hasPositions = async (jsm: JetStreamManager, journal: string): Promise<boolean> => {
  for await (const { name } of jsm.consumers.list(journal))
    if (name.startsWith(PARTITION_CONSUMERS)) return true;
  return false;
};

/**
 * Rebuilds what is missing beside the journal, and the timer stream also when it is not the one
 * that the journal takes its timers from. Whatever was armed in it, its actors arm again. Safe to
 * repeat.
 */
export const rebuild = async (
  connection: Connection,
  { prefix }: RebuildOptions = {},
): Promise<Rebuilt> => {
  const names = topologyNames(prefix);
  const jsm = await managerOf(connection);
  const journal = await infoOf(jsm, names.journal);
  if (journal === undefined) throw noJournal(names.journal);
  const settings = topologyOf(withFound({ prefix: names.prefix }, journal));
  const settingsOf = (name: string): StreamSettings =>
    settings.find((each) => each.name === name) ?? { name };
  const sourced = await lastSourced(jsm, names.journal, names.prefix);

  const created: string[] = [];
  let timers = await infoOf(jsm, names.timers);
  const isRight =
    timers !== undefined &&
    isItsOwnTimerStream(journal, timers) &&
    timers.state.last_seq >= sourced;
  if (!isRight) {
    if (timers !== undefined)
      await inWords(`Removing ${names.timers}`, jsm.streams.delete(names.timers));
    const first_seq = firstSequenceOf(journal, Math.max(sourced, timers?.state.last_seq ?? 0));
    const wanted = { ...settingsOf(names.timers), first_seq };
    timers = await inWords(`Creating stream ${names.timers}`, jsm.streams.add(wanted));
    created.push(names.timers);
  }
  const isSourced = (journal.config.sources ?? []).some(({ name }) => name === names.timers);
  if (timers !== undefined && (!isRight || !isSourced))
    await sourceAgain(jsm, journal, withTimers(settingsOf(names.journal), timers));

  const refoldedUpTo = await markRefolded(jsm, names);
  const rest = await provision(connection, { prefix: names.prefix });
  await announceRebuilt(connection, names.prefix);
  return {
    ...rest,
    created: [...created, ...rest.created],
    ...(refoldedUpTo !== undefined && { refoldedUpTo }),
  };
};

/**
 * A journal without positions and without snapshots: its entries were folded elsewhere, and nobody
 * knows how far. It is marked first, so that a rebuild that was cut short marks it, too.
 */
const markRefolded = async (
  jsm: JetStreamManager,
  names: TopologyNames,
): Promise<number | undefined> => {
  const info = await infoOf(jsm, names.journal);
  if (info === undefined || info.state.last_seq === 0) return undefined;
  const hasSnapshots = (await infoOf(jsm, bucketStream(names.snapshots))) !== undefined;
  if (hasSnapshots || (await hasPositions(jsm, names.journal))) return undefined;
  const { config, state } = info;
  const metadata = { ...config.metadata, ...refoldedMark(state.last_seq) };
  await inWords(
    `Marking ${names.journal}`,
    jsm.streams.update(names.journal, { ...config, metadata }),
  );
  return state.last_seq;
};
