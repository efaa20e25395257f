// A relay as a user embeds it, in a process of its own: says what it has published and used.
import { pgDatabase } from '@pawl/outbox/pg';
import { connect, startRelay } from 'pawl';

const [servers = '', url = ''] = process.argv.slice(2);

const run = async (): Promise<void> => {
  const connection = await connect({ servers });
  const relay = await startRelay({ connection, database: pgDatabase(url) });
  process.on('message', (message) => {
    if (message === 'stop') {
      void relay.stop().then(async () => {
        await connection.close();
        process.disconnect();
      });
      return;
    }
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1000;
    process.send?.({ published: relay.counters.published, lanes: relay.lanes.length, cpuMs });
  });
  process.send?.('ready');
};

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
