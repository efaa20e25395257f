// A child of the outbox campaign: a relay, a host, a writer or a projection, until it is killed.
import { pgDatabase } from '@pawl/outbox/pg';
import { connect, startHost, startProjection, startRelay } from 'pawl';
import { counter } from '../../packages/outbox/test/counter.machine.ts';
import type { ChildSettings } from './child-settings.ts';
import { tallies } from './tallies.ts';
import { writeTransactions } from './writer.ts';

const settings = JSON.parse(process.argv[2] ?? '') as ChildSettings;

const run = async (): Promise<void> => {
  if (settings.part === 'writer') {
    await writeTransactions(settings);
    process.exit(0);
  }
  const connection = await connect({ servers: settings.servers, name: settings.part });
  const database = pgDatabase(settings.database);
  if (settings.part === 'host')
    await startHost({ connection, service: 'count', machines: { counter }, topology: false });
  if (settings.part === 'relay') await startRelay({ connection, database, pollMs: 1_000 });
  if (settings.part === 'projection')
    await startProjection({ connection, database, projection: tallies, pollMs: 500 });
};

run().catch((error: unknown) => {
  console.error(settings.part, error);
  process.exit(1);
});
