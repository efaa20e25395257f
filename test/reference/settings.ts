// The page of settings: the options of what users start and open, read from their declarations.
import { readFileSync } from 'node:fs';

/** One option. */
interface Setting {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly text: string;
}

/** Where a group of options is declared, and under which call it is shown. */
interface Group {
  readonly call: string;
  readonly file: string;
  readonly declaration: string;
  /** Options that this call has no use for: others take their place. */
  readonly without?: readonly string[];
  /** The constant that has the defaults, when the comments do not say them. */
  readonly defaults?: { readonly file: string; readonly constant: string };
}

const BOUND = { file: 'packages/pawl/src/bind.ts', declaration: 'Bound' } as const;

const GROUPS: readonly Group[] = [
  { call: 'connect', file: 'packages/jetstream/src/connect.ts', declaration: 'ConnectOptions' },
  {
    call: 'provision',
    file: 'packages/jetstream/src/topology.ts',
    declaration: 'TopologyOptions',
  },
  { call: 'startHost', ...BOUND },
  { call: 'startHost', file: BOUND.file, declaration: 'BoundHostOptions' },
  {
    call: 'startHost',
    file: 'packages/host/src/start-host.ts',
    declaration: 'HostOptions',
    without: ['ports'],
  },
  {
    call: 'startHost `limits`',
    file: 'packages/host/src/host-context.ts',
    declaration: 'HostLimits',
    defaults: { file: 'packages/host/src/start-host.ts', constant: 'LIMITS' },
  },
  { call: 'startWorker', ...BOUND },
  {
    call: 'startWorker',
    file: 'packages/worker/src/slots.ts',
    declaration: 'SlotOptions',
  },
  {
    call: 'startWorker',
    file: 'packages/worker/src/worker.ts',
    declaration: 'WorkerOptions',
    without: ['ports'],
  },
  { call: 'openClient', ...BOUND },
  {
    call: 'openClient',
    file: 'packages/client/src/open-shell.ts',
    declaration: 'ShellOptions',
    without: ['ports'],
  },
  {
    call: 'createOutbox',
    file: 'packages/outbox/src/outbox.ts',
    declaration: 'OutboxOptions',
  },
  { call: 'startRelay', ...BOUND },
  {
    call: 'startRelay',
    file: 'packages/outbox/src/relay/start-relay.ts',
    declaration: 'RelayOptions',
    without: ['ports'],
  },
  {
    call: 'projection',
    file: 'packages/outbox/src/projection/projection.ts',
    declaration: 'ProjectionOptions',
  },
  { call: 'startProjection', ...BOUND },
  {
    call: 'startProjection',
    file: 'packages/outbox/src/projection/start-projection.ts',
    declaration: 'ProjectionRunOptions',
    without: ['ports'],
  },
];

/** The lines between a declaration's braces. */
const linesOf = (source: string, start: RegExp, where: string): readonly string[] => {
  const lines = source.split('\n');
  const first = lines.findIndex((line) => start.test(line));
  if (first < 0)
    throw new Error(`${where} is not there any more: mend test/reference/settings.ts.`);
  const rest = lines.slice(first + 1);
  return rest.slice(
    0,
    rest.findIndex((line) => line.startsWith('}')),
  );
};

const settingsOf = ({ file, declaration }: Group): readonly Setting[] => {
  const source = readFileSync(file, 'utf8');
  const start = new RegExp(`^export interface ${declaration}\\b`);
  const body = linesOf(source, start, `${declaration} in ${file}`).join('\n');
  if (/\*\/\s*\/\*\*/.test(body))
    throw new Error(`${declaration} in ${file} has a comment that no option follows.`);
  const field = /(?:\/\*\*([^]*?)\*\/\s*)?readonly (\w+)(\??): ([^;]+);/g;
  return [...body.matchAll(field)].map(([, comment = '', name = '', mark, type = '']) => ({
    name,
    type: type.replaceAll(/\s+/g, ' '),
    isOptional: mark === '?',
    text: comment.replaceAll(/\s*\n\s*\* ?/g, ' ').trim(),
  }));
};

/** `name: 1_000,` lines of a constant. */
const defaultsOf = ({ defaults }: Group): ReadonlyMap<string, string> => {
  if (defaults === undefined) return new Map();
  const { file, constant } = defaults;
  const where = `${constant} in ${file}`;
  const lines = linesOf(readFileSync(file, 'utf8'), new RegExp(`^const ${constant}\\b`), where);
  return new Map(
    lines.flatMap((line) => {
      const [, name = '', value = ''] = /^ {2}(\w+): ([\d_]+),$/.exec(line) ?? [];
      return name === '' ? [] : [[name, Number(value.replaceAll('_', '')).toLocaleString('en')]];
    }),
  );
};

/** Rows of a group: option, type, what it is for. Throws when an option says no default. */
const rowsOf = (group: Group): readonly (readonly string[])[] => {
  const defaults = defaultsOf(group);
  return settingsOf(group)
    .filter(({ name }) => group.without?.includes(name) !== true)
    .map(({ name, type, isOptional, text }) => {
      const value = defaults.get(name);
      const isSaid = value !== undefined || /\bdefault\b/i.test(text);
      if ((isOptional || group.defaults !== undefined) && !isSaid)
        throw new Error(`${group.declaration}.${name} in ${group.file} does not say its default.`);
      const said = value === undefined ? text : `${text} Default ${value}.`;
      return [`\`${name}\``, `\`${type}\``, isOptional || value ? said : `**Needed.** ${said}`];
    });
};

/** Sections by call, each a list of rows. */
export const settingSections = (): ReadonlyMap<string, readonly (readonly string[])[]> => {
  const sections = new Map<string, readonly (readonly string[])[]>();
  for (const group of GROUPS)
    sections.set(group.call, [...(sections.get(group.call) ?? []), ...rowsOf(group)]);
  return sections;
};
