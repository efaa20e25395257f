// Compares a stream with what it should be: what is harmless, and what would lose something.
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import type { StreamSettings } from './topology.ts';

/** One field that differs. */
export interface TopologyDifference {
  readonly stream: string;
  readonly field: string;
  readonly wanted: unknown;
  readonly found: unknown;
  /** Would changing it lose something, or is it not possible at all? Then why and the way out. */
  readonly refusal?: string;
}

const PARTITION = /partition\((\d+),/;

/** P, as written in a journal's transform. */
export const partitionsOf = (
  config: Pick<StreamConfig, 'subject_transform'>,
): number | undefined => {
  const digits = PARTITION.exec(config.subject_transform?.dest ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const MOVE = 'Keep the old value, or use another account or prefix';

/** Fields whose change loses something, with the reason. Others are updated in place. */
const REFUSALS: Readonly<Record<string, string>> = {
  subjects: `Messages on subjects that a stream no longer takes are refused or lost. ${MOVE}.`,
  retention: `Retention decides what is deleted and cannot be changed. ${MOVE}.`,
  storage: `Storage cannot be changed. ${MOVE}.`,
  subject_transform: `The subject of every stored entry was made by it. ${MOVE}.`,
  sources:
    'Timers would be sourced twice or not at all. Set the source of the journal back ' +
    'to the timer stream, or run `pawl rebuild`.',
  allow_msg_schedules: `Schedules accept rollups and cannot be switched off. ${MOVE}.`,
  allow_msg_ttl: `Entries could vanish, and it cannot be switched off. ${MOVE}.`,
  max_msgs_per_subject: `Messages above the limit would be deleted. ${MOVE}.`,
};

/** Where a stream must have no limits, a limit is refused: what it has taken away is lost. */
const LIMITS: ReadonlySet<string> = new Set([
  'max_age',
  'max_bytes',
  'max_msgs',
  'max_msgs_per_subject',
]);

const isUnlimited = (field: string, wanted: unknown): boolean =>
  LIMITS.has(field) && Number(wanted) <= 0;

const refusalOf = (stream: string, field: string, wanted: unknown): string | undefined =>
  isUnlimited(field, wanted)
    ? `Messages at the limit are deleted or refused. Set it back: ` +
      `nats stream edit ${stream} --${field.replaceAll('_', '-')} ${String(wanted)}` +
      (field === 'max_age' ? 's' : '') // A duration has a unit there.
    : REFUSALS[field];

/** Only set at creation: an operator may have chosen to keep more or longer. */
const KEPT: ReadonlySet<string> = new Set(['max_age', 'description', 'metadata']);

/** What the server leaves out when it has the default value. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  allow_rollup_hdrs: false,
  allow_msg_schedules: false,
  allow_msg_ttl: false,
  deny_delete: false,
  max_msgs_per_subject: -1,
  subject_transform: undefined,
  sources: undefined,
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Key order and empty fields do not matter. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => byText(a, b)))
      : part,
  );

/** Only the fields of a source that we set: the server adds its own. */
const sourcesOf = (sources: unknown): unknown =>
  Array.isArray(sources)
    ? sources.map(({ name, subject_transforms, filter_subject }: Record<string, unknown>) => ({
        name,
        subject_transforms,
        filter_subject: filter_subject === '' ? undefined : filter_subject,
      }))
    : sources;

const comparable = (field: string, value: unknown): string =>
  canonical(
    field === 'sources'
      ? sourcesOf(value)
      : field === 'subjects'
        ? [value].flat().map(String).toSorted(byText)
        : value,
  );

/** A journal's transform differs by P: the most frequent mistake gets its own words. */
const nameOf = (field: string, wanted: StreamSettings, found: StreamConfig): string =>
  field === 'subject_transform' && partitionsOf(wanted) !== partitionsOf(found)
    ? 'partitions'
    : field;

/** All differences between a stream and what it should be. Limits that an operator set are kept. */
export const differencesOf = (
  wanted: StreamSettings,
  info: StreamInfo,
): readonly TopologyDifference[] => {
  const found = info.config as StreamConfig & Record<string, unknown>;
  const fields = new Set([
    ...Object.keys(wanted),
    ...Object.keys(REFUSALS),
    ...Object.keys(DEFAULTS),
  ]);
  const differences: TopologyDifference[] = [];
  for (const field of fields) {
    const want = (wanted as Record<string, unknown>)[field] ?? DEFAULTS[field];
    const have = found[field] ?? DEFAULTS[field];
    // A stream with schedules has rollups, whatever we ask for: that is why it is one of its own.
    if (field === 'allow_rollup_hdrs' && wanted.allow_msg_schedules) continue;
    // More consumers than we need: an operator has reasons, or shares the stream.
    if (field === 'max_consumers' && Number(have) > Number(want)) continue;
    if (KEPT.has(field) && !isUnlimited(field, want)) continue;
    if (comparable(field, want) === comparable(field, have)) continue;
    const name = nameOf(field, wanted, found);
    const refusal = refusalOf(wanted.name, field, want);
    differences.push({
      stream: wanted.name,
      field: name,
      wanted: name === 'partitions' ? partitionsOf(wanted) : want,
      found: name === 'partitions' ? partitionsOf(found) : have,
      ...(refusal !== undefined && { refusal }),
    });
  }
  return differences;
};
