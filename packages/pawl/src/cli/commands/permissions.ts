// `pawl permissions`: the subjects that a role may use, as nats-server's configuration takes them.
import { Option, type Command } from 'commander';
import { permissionsOf, ROLES, type PermissionOptions, type Permissions } from '@pawl/jetstream';
import { print, type Invoke } from '../invocation.ts';
import { wholeNumber } from '../number-argument.ts';

interface Flags {
  readonly role: PermissionOptions['role'];
  readonly service?: string;
  readonly client?: string;
  readonly types?: string;
  readonly partitions?: number;
  readonly inboxPrefix?: string;
  readonly builtInWorker: boolean;
  readonly format: 'conf' | 'json';
}

/** Adds the command. It asks no server. */
export const addPermissionsCommand = (program: Command, invoke: Invoke): void => {
  program
    .command('permissions')
    .description("print a role's permissions for nats-server's configuration")
    .addOption(new Option('--role <role>', 'who connects').choices(ROLES).makeOptionMandatory())
    .option('--service <name>', 'workers and hosts: their service')
    .option('--client <name>', 'clients and operators: the name given to openClient')
    .option('--types <types>', 'clients and relays: only these, with commas (default: all)')
    .option(
      '--partitions <count>',
      'hosts: partitions of the journal (default 32)',
      wholeNumber('--partitions', 1),
    )
    .option('--no-built-in-worker', 'hosts: started with builtInWorker: false')
    .option('--inbox-prefix <prefix>', 'as given to connect() (default _INBOX)')
    .addOption(
      new Option('--format <format>', 'conf: a block to include; json: for scripts')
        .choices(['conf', 'json'])
        .default('conf'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ pawl permissions --role host --service storage > storage-host.conf
  $ pawl permissions --role client --client shop --types volume --inbox-prefix _INBOX_shop
and in the configuration of nats-server:
  { user: storage-host, password: $STORAGE_HOST, permissions { include ./storage-host.conf } }`,
    )
    .action((flags: Flags, command: Command) => {
      const invocation = invoke(command);
      const { prefix } = invocation.options;
      const { role, service, client, types, partitions, inboxPrefix, format } = flags;
      const { builtInWorker } = flags;
      const permissions = permissionsOf({
        role,
        builtInWorker,
        ...(service !== undefined && { service }),
        ...(client !== undefined && { client }),
        ...(types !== undefined && { types: types.split(',') }),
        ...(partitions !== undefined && { partitions }),
        ...(inboxPrefix !== undefined && { inboxPrefix }),
        ...(prefix !== undefined && { prefix }),
      });
      print(invocation, permissions, () =>
        format === 'json' ? JSON.stringify(permissions, null, 2) : confOf(permissions, flags),
      );
    });
};

const listOf = (subjects: readonly string[]): string =>
  subjects.map((subject) => `    ${JSON.stringify(subject)}`).join('\n');

/** The text between the braces of `permissions { … }`: a file to include. */
const confOf = (
  { publish, subscribe, allow_responses: responses }: Permissions,
  { role, service, client }: Flags,
): string => {
  const whom = [role, service, client].filter((word) => word !== undefined).join(' ');
  return [
    `# Permissions: ${whom}. Written by pawl permissions; include it in permissions { }.`,
    'publish {',
    `  allow: [\n${listOf(publish.allow)}\n  ]`,
    ...(publish.deny === undefined ? [] : [`  deny: [\n${listOf(publish.deny)}\n  ]`]),
    '}',
    `subscribe {\n  allow: [\n${listOf(subscribe.allow)}\n  ]\n}`,
    ...(responses === undefined
      ? []
      : [
          `allow_responses { max: ${responses.max}, expires: ${JSON.stringify(responses.expires)} }`,
        ]),
  ].join('\n');
};
