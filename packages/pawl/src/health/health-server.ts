// An HTTP listener for those who run hosts and workers: /healthz, /readyz, /metrics.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorFields, PawlError, QUEUE_CLASSES, silentLog, type Log } from '@pawl/core';
import type { Host } from '@pawl/host';
import { openInspector, type Connection, type Inspector } from '@pawl/jetstream';
import type { Relay } from '@pawl/outbox';
import type { Worker } from '@pawl/worker';
import { portsOf } from '../bind.ts';
import { backlogOf, type Backlog } from './caught-up.ts';
import { encodeMetrics, hostMetrics, relayMetrics, workerMetrics, type Metric } from './metrics.ts';

/** Options of `startHealthServer`. */
export interface HealthServerOptions {
  readonly connection: Connection;
  /** As given to the host and the worker. Default `pawl`. */
  readonly prefix?: string;
  readonly host?: Host;
  readonly worker?: Worker;
  readonly relay?: Relay;
  /** 0 takes a free one. */
  readonly port: number;
  /** The address to listen on. Default: all. */
  readonly address?: string;
  readonly log?: Log;
}

/** A running listener. */
export interface HealthServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or the address that was given. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

const json = (status: number, body: object): Answer => ({
  status,
  body: `${JSON.stringify(body)}\n`,
  type: 'application/json',
});

/** Says whether a host has caught up since this was made; once it has, it is not asked again. */
const createReadiness = (
  { connection, prefix, host }: HealthServerOptions,
  inspector: Inspector,
): (() => Promise<readonly Backlog[]>) => {
  let isCaughtUp = host === undefined;
  let end: number | undefined;
  return async () => {
    if (isCaughtUp || host === undefined) return [];
    const { journal } = portsOf({ connection, ...(prefix !== undefined && { prefix }) });
    const { partitions } = await journal.identity();
    end ??= await inspector.journalEnd();
    const backlog = await backlogOf(inspector, host, partitions, end);
    isCaughtUp = backlog.length === 0;
    return backlog;
  };
};

/** Classes of which this worker runs nothing any more: deaf tasks have all their slots. */
const lostClasses = (worker: Worker): readonly string[] => {
  const overdue = worker.overdue();
  return QUEUE_CLASSES.filter(
    (name) => worker.slots[name] > 0 && overdue[name] >= worker.slots[name],
  );
};

const connectionMetrics = (isConnected: boolean, reconnects: number): readonly Metric[] => [
  {
    name: 'pawl_connected',
    type: 'gauge',
    help: 'Is the connection to the broker up?',
    samples: [{ labels: {}, value: isConnected ? 1 : 0 }],
  },
  {
    name: 'pawl_reconnects_total',
    type: 'counter',
    help: 'Connections to the broker that were made again.',
    samples: [{ labels: {}, value: reconnects }],
  },
];

const listening = (server: Server, port: number, address: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });

/**
 * Starts it. `/healthz`: 200 while the process can answer and the connection is not closed for
 * good. `/readyz`: 200 when the connection is up, the host has caught up with what waited when this
 * was started, and no class of the worker has lost all its slots. `/metrics`: counters as
 * Prometheus reads them.
 */
export const startHealthServer = async (options: HealthServerOptions): Promise<HealthServer> => {
  const { connection, prefix, host, worker, relay, address, log = silentLog } = options;
  const inspector = openInspector(connection, { ...(prefix !== undefined && { prefix }) });
  let reconnects = 0;
  const unwatch = connection.onStatus(({ type }) => {
    if (type === 'reconnect') reconnects += 1;
  });
  const readiness = createReadiness(options, inspector);

  const healthz = (): Answer => {
    const connected = connection.isConnected;
    // A connection that is down is made again without end: a restart would not help.
    return json(connection.nats.isClosed() ? 503 : 200, { alive: true, connected });
  };
  const readyz = async (): Promise<Answer> => {
    if (!connection.isConnected) return json(503, { ready: false, reason: 'not connected' });
    const lost = worker === undefined ? [] : lostClasses(worker);
    if (lost.length > 0)
      return json(503, {
        ready: false,
        reason: 'tasks that go on after their timeout have every slot of a class: start it again',
        classes: lost,
      });
    const backlog = await readiness();
    if (backlog.length === 0) return json(200, { ready: true });
    return json(503, { ready: false, reason: 'partitions are not caught up', backlog });
  };
  const metrics = (): Answer => ({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: encodeMetrics([
      ...connectionMetrics(connection.isConnected, reconnects),
      ...(host === undefined ? [] : hostMetrics(host)),
      ...(worker === undefined ? [] : workerMetrics(worker)),
      ...(relay === undefined ? [] : relayMetrics(relay)),
    ]),
  });
  const answerTo = async (path: string): Promise<Answer> => {
    switch (path) {
      case '/healthz':
        return healthz();
      case '/readyz':
        return readyz();
      case '/metrics':
        return metrics();
      default:
        return json(404, { error: 'only /healthz, /readyz and /metrics are here' });
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let given: Answer;
    try {
      given = await answerTo((request.url ?? '/').split('?')[0] ?? '/');
    } catch (error) {
      // The broker did not answer: that is an answer, too.
      if (!(error instanceof PawlError)) log('error', 'A health page failed', errorFields(error));
      given = json(503, { ready: false, reason: String(error) });
    }
    response.writeHead(given.status, { 'content-type': given.type ?? 'text/plain' });
    response.end(given.body);
  };
  const server = createServer((request, response) => void answer(request, response));
  const port = await listening(server, options.port, address);
  return {
    port,
    url: `http://${address ?? '127.0.0.1'}:${port}`,
    stop: async () => {
      unwatch();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await inspector.close();
    },
  };
};
