// Subjects on the wire, from one prefix. The only place where they are put together or taken apart.
import type { ActorAddress } from './names.ts';
import type { EntryKind } from './entry.ts';
import type { QueueClass } from './command.ts';

/** Builds and reads the subjects of one prefix (default `pawl`). DESIGN: names on the wire. */
export interface Subjects {
  readonly prefix: string;
  /** Where an entry is published. `kind` of a reply is `reply-<service>`. */
  entry(kind: string, actor: ActorAddress): string;
  /** Where an entry is stored. */
  journal(partition: number, actor: ActorAddress, kind: string): string;
  timer(actor: ActorAddress, generation: string): string;
  fired(actor: ActorAddress): string;
  command(command: CommandSubject): string;
  cancel(service: string): string;
  emitted(actor: ActorAddress, event: string): string;
  state(actor: ActorAddress): string;
  answer(client: string, suffix: string): string;
  heartbeat(service: string, host: string): string;
  /** Where a worker says what it serves and how long its tasks take. */
  workerBeat(service: string, worker: string): string;
  /** Tells hosts and workers that streams were made anew. Without a body. */
  rebuilt(): string;
  live(actor: ActorAddress, kind: string): string;
  query(actor: ActorAddress): string;
  list(type: string, partition: string | number): string;
  pending(actor: ActorAddress): string;
  progress(service: string, actor: ActorAddress, generation: string): string;
}

/** The tokens of a command's subject. */
export interface CommandSubject {
  readonly class: QueueClass;
  readonly service: string;
  readonly task: string;
  readonly actor: ActorAddress;
  readonly generation: string;
}

/** A stored entry's subject, taken apart. */
export interface JournalSubject {
  readonly partition: number;
  readonly type: string;
  readonly id: string;
  /** As on the subject: `reply-storage`, `event`, … */
  readonly kind: string;
}

/**
 * Subjects of one prefix. Tokens are not checked here: callers check addresses and names at the
 * door.
 */
export const createSubjects = (prefix: string = 'pawl'): Subjects => ({
  prefix,
  entry: (kind, { type, id }) => `${prefix}.in.${kind}.${type}.${id}`,
  journal: (partition, { type, id }, kind) =>
    `${prefix}.journal.${partition}.${type}.${id}.${kind}`,
  timer: ({ type, id }, generation) => `${prefix}.timer.${type}.${id}.${generation}`,
  fired: ({ type, id }) => `${prefix}.fired.${type}.${id}`,
  command: ({ class: queueClass, service, task, actor, generation }) =>
    `${prefix}.command.${queueClass}.${service}.${task}.${actor.type}.${actor.id}.${generation}`,
  cancel: (service) => `${prefix}.cancel.${service}`,
  emitted: ({ type, id }, event) => `${prefix}.emitted.${type}.${id}.${event}`,
  state: ({ type, id }) => `${prefix}.state.${type}.${id}`,
  answer: (client, suffix) => `${prefix}.answer.${client}.${suffix}`,
  heartbeat: (service, host) => `${prefix}.host.${service}.${host}`,
  workerBeat: (service, worker) => `${prefix}.worker.${service}.${worker}`,
  rebuilt: () => `${prefix}.rebuilt`,
  live: ({ type, id }, kind) => `${prefix}.live.${type}.${id}.${kind}`,
  query: ({ type, id }) => `${prefix}.query.${type}.${id}`,
  list: (type, partition) => `${prefix}.list.${type}.${partition}`,
  pending: ({ type, id }) => `${prefix}.pending.${type}.${id}`,
  progress: (service, { type, id }, generation) =>
    `${prefix}.progress.${service}.${type}.${id}.${generation}`,
});

/** Takes the subject of a stored entry apart. The prefix may have dots. */
export const parseJournalSubject = (subject: string): JournalSubject | undefined => {
  const tokens = subject.split('.');
  const [partition, type, id, kind] = tokens.slice(-4);
  if (tokens.length < 6 || tokens.at(-5) !== 'journal') return undefined;
  if (partition === undefined || type === undefined || id === undefined || kind === undefined)
    return undefined;
  return { partition: Number(partition), type, id, kind };
};

/** Splits a kind token into kind and, for replies, the service that signed the subject. */
export const parseKind = (
  token: string,
): { readonly kind: EntryKind; readonly service?: string } | undefined => {
  if (token.startsWith('reply-')) return { kind: 'reply', service: token.slice('reply-'.length) };
  switch (token) {
    case 'child':
      return { kind: 'create' };
    case 'create':
    case 'event':
    case 'peer':
    case 'host':
    case 'admin':
    case 'timer':
      return { kind: token };
    default:
      return undefined;
  }
};
