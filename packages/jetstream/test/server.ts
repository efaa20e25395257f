// A real nats-server for a test file: started before, connections made on demand, gone at the end.
import { startNatsServer, type NatsServer, type StartNatsServerOptions } from '@pawl/nats-server';
import {
  connect,
  openPorts,
  provision,
  type Connection,
  type ConnectOptions,
  type OpenPorts,
  type OpenPortsOptions,
  type TopologyOptions,
} from '../src/index.ts';

/** A server with what was opened on it. */
export interface TestServer {
  readonly server: NatsServer;
  connect(options?: ConnectOptions): Promise<Connection>;
  /** A connection of its own with ports, on a provisioned topology. */
  open(options?: OpenPortsOptions): Promise<{ connection: Connection; ports: OpenPorts }>;
  /** Closes all connections and ends the server. */
  stop(): Promise<void>;
}

/** Starts a server and provisions the topology on it, unless `topology` is false. */
export const startTestServer = async (
  options: StartNatsServerOptions & { readonly topology?: TopologyOptions | false } = {},
): Promise<TestServer> => {
  const { topology = {}, ...serverOptions } = options;
  const server = await startNatsServer(serverOptions);
  const connections: Connection[] = [];
  const open = async (connectOptions: ConnectOptions = {}): Promise<Connection> => {
    const connection = await connect({ servers: server.url, ...connectOptions });
    connections.push(connection);
    return connection;
  };
  if (topology !== false) await provision(await open(), topology);
  return {
    server,
    connect: open,
    async open(portsOptions) {
      const connection = await open();
      return { connection, ports: openPorts(connection, portsOptions) };
    },
    async stop() {
      await Promise.all(connections.map((connection) => connection.close()));
      await server.stop();
    },
  };
};
