// The configuration file of a started nats-server.

/** A cluster that the server belongs to. All members name each other's ports in `routes`. */
export interface ClusterOptions {
  readonly name: string;
  readonly port: number;
  /** The cluster ports of the other members, on the same host. */
  readonly routes: readonly number[];
}

/** What the configuration of a server is made of. */
export interface ConfigurationOptions {
  /** The address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** The port for clients; 0, the default, takes a free one. */
  readonly port?: number;
  /** The server's name; default: chosen by the server. */
  readonly name?: string;
  /** Switches JetStream on; default true. */
  readonly jetstream?: boolean;
  /** How often JetStream syncs to disk: `always` or a duration; the server's default is `2m`. */
  readonly syncInterval?: string;
  /** The only user who may connect; without it everybody may. */
  readonly user?: string;
  /** The password of `user`. */
  readonly password?: string;
  /** Serves the monitoring pages on a free port; default false. */
  readonly monitoring?: boolean;
  readonly cluster?: ClusterOptions;
  /** Lines of nats-server configuration, appended as they stand. */
  readonly configuration?: string | readonly string[];
}

/** The folders that a server is given. */
export interface ServerFolders {
  readonly store: string;
  readonly ports: string;
}

// The strings of nats-server's configuration know the escapes that paths and names need in JSON.
const quote = (text: string): string => JSON.stringify(text);

/** The text of a configuration file. `port` is a number for the server: -1 is a free one. */
export const createConfiguration = (
  options: ConfigurationOptions,
  folders: ServerFolders,
  port: number,
): string => {
  const host = options.host ?? '127.0.0.1';
  const lines = [
    `host: ${quote(host)}`,
    `port: ${port}`,
    `ports_file_dir: ${quote(folders.ports)}`,
  ];
  if (options.name !== undefined) lines.push(`server_name: ${quote(options.name)}`);
  if (options.monitoring) lines.push(`http: ${quote(`${host}:-1`)}`);
  if (options.user !== undefined) {
    const password = quote(options.password ?? '');
    lines.push(`authorization { user: ${quote(options.user)}, password: ${password} }`);
  }
  if (options.jetstream ?? true) {
    const sync =
      options.syncInterval === undefined ? '' : `, sync_interval: ${options.syncInterval}`;
    lines.push(`jetstream { store_dir: ${quote(folders.store)}${sync} }`);
  }
  if (options.cluster) {
    const { name, routes } = options.cluster;
    const urls = routes.map((route) => quote(`nats-route://${host}:${route}`)).join(', ');
    const listen = quote(`${host}:${options.cluster.port}`);
    lines.push(`cluster { name: ${quote(name)}, listen: ${listen}, routes: [${urls}] }`);
  }
  lines.push(...[options.configuration ?? []].flat());
  return `${lines.join('\n')}\n`;
};
