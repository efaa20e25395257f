// list(): the actors of a type, over all partitions and pages, by id.
import { PawlError } from '@pawl/core';
import type { ActorSummary, Body, ListQuestion } from '@pawl/core';
import { ask } from './ask.ts';
import type { ClientShell } from './client-shell.ts';

/** Which actors to list. */
export interface ListOptions {
  /** State name: `ok` matches the value `ok` and any branch of it (`alive.ok`). */
  readonly state?: string;
  readonly tag?: string;
  /** At most so many in all. */
  readonly limit?: number;
}

const PAGE = 100;

/** One partition, read page by page as the merge goes on. */
interface PartitionPages {
  /** The next actor, not yet taken. */
  head: ActorSummary | undefined;
  readonly take: () => Promise<void>;
}

const askPage = async (
  shell: ClientShell,
  type: string,
  partition: number,
  question: ListQuestion,
): Promise<Body> => {
  try {
    return await ask(shell, shell.ports.subjects.list(type, partition), question);
  } catch (error) {
    if (!(error instanceof PawlError) || error.code !== 'no-answer') throw error;
    throw new PawlError(
      'no-answer',
      `No host holds partition ${partition} of type ${type}: is one running?`,
      { cause: error },
    );
  }
};

const openPages = async (
  shell: ClientShell,
  type: string,
  partition: number,
  question: ListQuestion,
): Promise<PartitionPages> => {
  let page: readonly ActorSummary[] = [];
  let index = 0;
  let after: string | undefined;
  let isLast = false;

  const pages: PartitionPages = {
    head: undefined,
    take: async () => {
      index += 1;
      if (index >= page.length && !isLast) {
        const reply = await askPage(shell, type, partition, {
          ...question,
          ...(after !== undefined && { after }),
        });
        page = reply['actors'] as readonly ActorSummary[];
        index = 0;
        const next = reply['next'];
        after = typeof next === 'string' ? next : undefined;
        isLast = after === undefined;
      }
      pages.head = page[index];
    },
  };
  await pages.take();
  return pages;
};

/** Lists, merged by id. Throws `unknown-type`, or `no-answer` when a partition has no host. */
export async function* listActors(
  shell: ClientShell,
  type: string,
  { state, tag, limit = Infinity }: ListOptions,
): AsyncGenerator<ActorSummary, void, undefined> {
  await shell.types.checkKnown(type);
  const { partitions } = await shell.ports.journal.identity();
  const question: ListQuestion = {
    ...(state !== undefined && { state }),
    ...(tag !== undefined && { tag }),
    limit: Math.min(PAGE, limit),
  };
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const all = await Promise.all(
    numbers.map((partition) => openPages(shell, type, partition, question)),
  );
  for (let count = 0; count < limit; count += 1) {
    let first: PartitionPages | undefined;
    for (const pages of all)
      if (pages.head !== undefined && (first?.head === undefined || pages.head.id < first.head.id))
        first = pages;
    if (first?.head === undefined) return;
    yield first.head;
    await first.take();
  }
}
