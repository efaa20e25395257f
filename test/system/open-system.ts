// A whole system on a real nats-server: host, worker, client and a recorder on the wire.
import type { Log } from '@pawl/core';
import type { Task } from '@pawl/worker';
import type { Client } from '@pawl/client';
import {
  connect,
  openClient,
  portsOf,
  startHost,
  startNatsServer,
  startWorker,
  type Connection,
  type Host,
} from 'pawl';
import * as assert from 'uvu/assert';
import type { AnyStateMachine } from 'xstate';
import { checkAgreement, machineFinder, type Agreement } from './agreement.ts';
import { startRecorder, type Recorder } from './recorder.ts';
import { validateRecorded } from './wire-check.ts';

/** What a system is made of. */
export interface SystemOptions {
  readonly service: string;
  readonly machines: Readonly<Record<string, AnyStateMachine>>;
  readonly tasks?: readonly Task[];
  readonly partitions?: number;
}

/** A running system. */
export interface System {
  readonly url: string;
  readonly connection: Connection;
  readonly client: Client;
  readonly host: Host;
  readonly recorder: Recorder;
  /** Warnings and errors that host and worker have logged. */
  readonly complaints: readonly string[];
  /** Stops all in order, then holds the wire against a fresh fold and against the schemas. */
  close(): Promise<Agreement>;
}

/** Opens a system with a server of its own. */
export const openSystem = async (options: SystemOptions): Promise<System> => {
  const { service, machines, tasks = [], partitions = 4 } = options;
  const server = await startNatsServer();
  const connection = await connect({ servers: server.url });
  const complaints: string[] = [];
  const log: Log = (level, message, fields) => {
    if (level === 'warn' || level === 'error')
      complaints.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`);
  };
  const bound = { connection, service, log };
  const recorder = await startRecorder(connection);
  const host = await startHost({ ...bound, machines, topology: { partitions }, checkSteps: true });
  const worker = tasks.length > 0 ? await startWorker({ ...bound, tasks }) : undefined;
  const client = openClient({ connection });
  return {
    url: server.url,
    connection,
    client,
    host,
    recorder,
    complaints,
    close: async () => {
      await client.close();
      await worker?.stop();
      await host.stop();
      const ports = portsOf({ connection });
      const agreement = await checkAgreement(ports, machineFinder(machines), recorder);
      const checked = validateRecorded(recorder);
      assert.ok(checked > 0, 'the recorder saw messages');
      recorder.stop();
      await connection.close();
      await server.stop();
      return agreement;
    },
  };
};
