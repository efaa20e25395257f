// Creates what is missing of the topology, updates what is harmless, refuses what loses something.
import { PawlError } from '@pawl/core';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { API_CODE, apiCodeOf } from './broker-error.ts';
import type { Connection } from './connection.ts';
import { announceRebuilt, firstSequenceOf } from './made-anew.ts';
import { infoOf, inWords, managerOf } from './stream-manager.ts';
import { checkTimers, withTimers } from './timer-stream.ts';
import { differencesOf, partitionsOf, type TopologyDifference } from './topology-difference.ts';
import {
  topologyNames,
  topologyOf,
  type StreamSettings,
  type TopologyOptions,
} from './topology.ts';

const RACES_MAX = 5;

/** What provisioning found and did. */
export interface Provisioned {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  /** P of the journal. */
  readonly partitions: number;
}

/** What a check found, without changing anything. */
export interface TopologyCheck {
  readonly missing: readonly string[];
  readonly differences: readonly TopologyDifference[];
  readonly partitions: number | undefined;
}

const mismatch = ({ stream, field, wanted, found, refusal }: TopologyDifference): PawlError =>
  new PawlError(
    'topology-mismatch',
    `Stream ${stream} has ${field} ${JSON.stringify(found)}, asked for is ` +
      `${JSON.stringify(wanted)}. ${refusal ?? ''}`.trimEnd(),
    { details: { stream, field, found, wanted } },
  );

/** What is not asked for stays as the existing journal has it. */
export const withFound = (
  options: TopologyOptions,
  journal: StreamInfo | undefined,
): TopologyOptions => {
  const partitions = options.partitions ?? (journal && partitionsOf(journal.config));
  const replicas = options.replicas ?? journal?.config.num_replicas;
  return {
    ...options,
    ...(partitions !== undefined && { partitions }),
    ...(replicas !== undefined && { replicas }),
  };
};

const changesOf = (differences: readonly TopologyDifference[]): Partial<StreamSettings> =>
  Object.fromEntries(differences.map(({ field, wanted }) => [field, wanted]));

const settle = async (
  jsm: JetStreamManager,
  wanted: StreamSettings,
  firstSequence: number | undefined,
): Promise<'created' | 'updated' | 'same'> => {
  const first = firstSequence === undefined ? {} : { first_seq: firstSequence };
  for (let races = 0; ; races += 1) {
    const info = await infoOf(jsm, wanted.name);
    if (info === undefined) {
      try {
        await inWords(`Creating stream ${wanted.name}`, jsm.streams.add({ ...wanted, ...first }));
        return 'created';
      } catch (error) {
        // Another process was faster, with its own idea of the settings: compare again.
        const isTaken = apiCodeOf(error) === API_CODE.streamNameInUse;
        if (isTaken && races < RACES_MAX) continue;
        throw error;
      }
    }
    const differences = differencesOf(wanted, info);
    const refused = differences.find(({ refusal }) => refusal !== undefined);
    if (refused) throw mismatch(refused);
    if (differences.length === 0) return 'same';
    await inWords(
      `Updating stream ${wanted.name}`,
      jsm.streams.update(wanted.name, { ...info.config, ...changesOf(differences) }),
    );
    return 'updated';
  }
};

/**
 * Provisions the topology. Safe to repeat and for several processes at once. Throws
 * `topology-mismatch` naming stream, field, both values and the way out, and changes nothing then.
 * Hosts and workers that run are told when something was made anew beside the journal.
 */
export const provision = async (
  connection: Connection,
  options: TopologyOptions = {},
): Promise<Provisioned> => {
  const names = topologyNames(options.prefix);
  const jsm = await managerOf(connection);
  const journal = await infoOf(jsm, names.journal);
  const settled = withFound(options, journal);
  const { differences } = await compare(jsm, settled);
  const refused = differences.find(({ refusal }) => refusal !== undefined);
  if (refused) throw mismatch(refused);
  if (journal) checkTimers(names, journal, await infoOf(jsm, names.timers));
  const created: string[] = [];
  const updated: string[] = [];
  for (const settings of topologyOf(settled)) {
    const isJournal = settings.name === names.journal;
    const timers = isJournal ? await infoOf(jsm, names.timers) : undefined;
    const wanted = timers ? withTimers(settings, timers) : settings;
    const outcome = await settle(jsm, wanted, journal && firstSequenceOf(journal));
    if (outcome === 'created') created.push(wanted.name);
    if (outcome === 'updated') updated.push(wanted.name);
  }
  if (journal && created.length > 0) await announceRebuilt(connection, names.prefix);
  const partitions = settled.partitions ?? 32;
  return { created, updated, partitions };
};

const compare = async (
  jsm: JetStreamManager,
  options: TopologyOptions,
): Promise<Pick<TopologyCheck, 'missing' | 'differences'>> => {
  const missing: string[] = [];
  const differences: TopologyDifference[] = [];
  for (const wanted of topologyOf(options)) {
    const info = await infoOf(jsm, wanted.name);
    if (info === undefined) missing.push(wanted.name);
    else differences.push(...differencesOf(wanted, info));
  }
  return { missing, differences };
};

/** Compares the topology with what is there and changes nothing. */
export const checkTopology = async (
  connection: Connection,
  options: TopologyOptions = {},
): Promise<TopologyCheck> => {
  const names = topologyNames(options.prefix);
  const jsm = await managerOf(connection);
  const journal = await infoOf(jsm, names.journal);
  const found = await compare(jsm, withFound(options, journal));
  return { ...found, partitions: journal && partitionsOf(journal.config) };
};
