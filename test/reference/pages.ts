// The reference pages that follow from the code: error codes, subjects, streams, permissions,
// settings.
import { readFileSync } from 'node:fs';
import { createSubjects, ERROR_CODES } from '@pawl/core';
import { permissionsOf, ROLES, topologyOf } from '@pawl/jetstream';
import { withIncludedFiles } from './included-files.ts';
import { settingSections } from './settings.ts';

/** A page: where it lies, and its text. */
export interface ReferencePage {
  readonly path: string;
  readonly text: string;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const page = (name: string, title: string, intro: string, body: string): ReferencePage => ({
  path: `docs/reference/${name}.md`,
  text: `# ${title}\n\n${intro} Written by \`npm run reference\` from the code.\n\n${body}\n`,
});

const errors = (): ReferencePage => {
  const rows = Object.entries(ERROR_CODES)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, { retryable, meaning }]) => [`\`${code}\``, retryable ? 'yes' : 'no', meaning]);
  return page(
    'errors',
    'Error codes',
    'Codes are part of the wire and never change their meaning. `retryable`: the same call may work later. ' +
      'The message of an error names the offender and the way out.',
    table(['code', 'retryable', 'meaning'], rows),
  );
};

const subjects = (): ReferencePage => {
  const names = createSubjects();
  const actor = { type: '<type>', id: '<id>' };
  const command = {
    class: '<class>' as 'regular',
    service: '<service>',
    task: '<task>',
    actor,
    generation: '<generation>',
  };
  const rows: readonly (readonly [string, string, string])[] = [
    ['entry for an actor', names.entry('<kind>', actor), 'by kind'],
    ['a worker’s reply', names.entry('reply-<service>', actor), 'workers of the service'],
    ['entry as stored', `pawl.journal.<partition>.<type>.<id>.<kind>`, 'the stream’s transform'],
    ['live feed of entries', names.live(actor, '<kind>'), 'the server'],
    ['timer', names.timer(actor, '<generation>'), 'hosts'],
    ['fired timer', names.fired(actor), 'the server'],
    ['command', names.command(command), 'hosts'],
    ['cancel notice', names.cancel('<service>'), 'hosts'],
    ['integration event', names.emitted(actor, '<event>'), 'hosts'],
    ['state after a step', names.state(actor), 'hosts'],
    ['answer', names.answer('<client>', '<…>'), 'hosts'],
    ['heartbeat', names.heartbeat('<service>', '<host>'), 'hosts'],
    ['heartbeat of a worker', names.workerBeat('<service>', '<worker>'), 'workers'],
    ['streams were made anew', names.rebuilt(), 'operators'],
    ['question', names.query(actor), 'clients'],
    ['list', names.list('<type>', '<partition>'), 'clients'],
    ['still pending?', names.pending(actor), 'workers'],
    ['progress', names.progress('<service>', actor, '<generation>'), 'workers'],
  ];
  return page(
    'subjects',
    'Subjects',
    'With the default prefix `pawl`. Kinds of entries: `create`, `event` (clients), `reply-<service>` (workers), ' +
      '`child` (a create by a parent), `peer`, `host` (hosts), `admin` (operators), `timer` (only through the timer stream).',
    table(
      ['what', 'subject', 'published by'],
      rows.map(([what, subject, by]) => [what, `\`${subject}\``, by]),
    ),
  );
};

const days = (nanos: number | undefined): string =>
  nanos === undefined || nanos === 0 ? 'for ever' : `${nanos / 86_400_000_000_000} d`;

const streams = (): ReferencePage => {
  const rows = topologyOf().map(
    ({ name, description = '', retention = '', subjects: stored = [], max_age }) => [
      `\`${name}\``,
      description,
      retention,
      stored.map((subject) => `\`${subject}\``).join(', '),
      days(max_age),
    ],
  );
  return page(
    'streams',
    'Streams and buckets',
    'What `provision()` creates, with the default prefix. Buckets are streams whose names begin with `KV_`.',
    table(['stream', 'what', 'retention', 'subjects', 'kept'], rows),
  );
};

const permissions = (): ReferencePage => {
  const sections = ROLES.map((role) => {
    const { publish, subscribe } = permissionsOf({
      role,
      service: 'storage',
      client: 'shop',
      partitions: 1,
    });
    const list = (subjectsOf: readonly string[]): string =>
      subjectsOf.map((subject) => `- \`${subject}\``).join('\n');
    const denied =
      publish.deny === undefined ? '' : `\n\nMay never publish:\n\n${list(publish.deny)}`;
    return (
      `## ${role}\n\nMay publish:\n\n${list(publish.allow)}${denied}\n\n` +
      `May subscribe to:\n\n${list(subscribe.allow)}`
    );
  });
  return page(
    'permissions',
    'Permissions by role',
    'For a service `storage` with one partition, and a client `shop`. `pawl permissions` prints them for yours.',
    sections.join('\n\n'),
  );
};

const settings = (): ReferencePage =>
  page(
    'settings',
    'Settings',
    'What can be given to each call. Environment variables are read by programs, never by the libraries.',
    [...settingSections()]
      .map(([call, rows]) => `## ${call}\n\n${table(['option', 'type', 'what'], rows)}`)
      .join('\n\n'),
  );

/** A guide is written by hand, but for the files that it shows. */
const guide = (name: string): ReferencePage => {
  const path = `docs/guides/${name}.md`;
  return { path, text: withIncludedFiles(readFileSync(path, 'utf8')) };
};

/** All pages. */
export const referencePages = (): readonly ReferencePage[] => [
  errors(),
  subjects(),
  streams(),
  permissions(),
  settings(),
  ...['outbox', 'outbox-adapters'].map(guide),
];
