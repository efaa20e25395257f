// Which actor types stand in the journal: from the subjects that the broker counts.
import type { StreamInfo } from '@nats-io/jetstream';
import type { Broker } from '../broker.ts';

/** Subjects that the broker counts in one answer. */
const SUBJECTS_A_PAGE = 100_000;

/** Actor types that stand in the journal. */
export interface JournalTypes {
  /** Number of actors by type. */
  readonly actors: ReadonlyMap<string, number>;
  /** Subjects with a literal `*` or `>`: stored as they were published, where no host reads. */
  readonly untaken: readonly string[];
  /** False when there are more subjects than were looked at. */
  readonly isComplete: boolean;
}

/** Counts the actors of each type, at most `pagesMax` pages of 100,000 subjects. */
export const journalTypesOf = async (broker: Broker, pagesMax: number): Promise<JournalTypes> => {
  const { names, publisher } = broker;
  const actors = new Map<string, Set<string>>();
  let seen = 0;
  let total = Infinity;
  for (let page = 0; page < pagesMax && seen < total; page += 1) {
    const path = `STREAM.INFO.${names.journal}`;
    const info = await publisher.askApi<StreamInfo & { readonly total?: number }>(path, {
      subjects_filter: `${names.prefix}.journal.>`,
      offset: seen,
    });
    const subjects = Object.keys(info.state.subjects ?? {});
    for (const subject of subjects) {
      const [type = '', id = ''] = subject.split('.').slice(-3);
      const ids = actors.get(type);
      if (ids === undefined) actors.set(type, new Set([id]));
      else ids.add(id);
    }
    seen += subjects.length;
    total = subjects.length < SUBJECTS_A_PAGE ? seen : (info.total ?? Infinity);
  }
  const strays = await publisher.askApi<StreamInfo>(`STREAM.INFO.${names.journal}`, {
    subjects_filter: `${names.prefix}.in.>`,
  });
  return {
    untaken: Object.keys(strays.state.subjects ?? {}).toSorted(),
    actors: new Map([...actors].map(([type, ids]) => [type, ids.size])),
    isComplete: seen >= total,
  };
};
