// The other process: host, worker, relay and projection, between PAWL_DATABASE and PAWL_SERVER.
import { pgDatabase } from '@pawl/outbox/pg';
import {
  connect,
  permanentError,
  startHost,
  startProjection,
  startRelay,
  startWorker,
  task,
} from 'pawl';
import { charge, order } from './order.machine.ts';
import { orderStates } from './order-states.ts';

const connection = await connect({ servers: process.env['PAWL_SERVER'] ?? 'localhost:4222' });
const database = pgDatabase(process.env['PAWL_DATABASE'] ?? '');

const host = await startHost({ connection, service: 'shop', machines: { order } });
const worker = await startWorker({
  connection,
  service: 'shop',
  tasks: [
    task(charge, async ({ customer, cents }, { idempotencyKey }) => {
      if (customer === 'nobody') throw permanentError('no-account', 'nobody has no account');
      return { receipt: `${cents} cents of ${customer}, ${idempotencyKey}` };
    }),
  ],
});
const relay = await startRelay({ connection, database });
const projected = await startProjection({ connection, database, projection: orderStates });
console.log('the shop runs');

process.once('SIGTERM', () => {
  const stop = async (): Promise<void> => {
    for (const part of [projected, relay, worker, host]) await part.stop();
    await connection.close();
  };
  void stop();
});
