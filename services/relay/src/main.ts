// The relay as a program: PAWL_SERVER and PAWL_DATABASE say between what. See README.md.
import { readFileSync } from 'node:fs';
import { pgDatabase } from '@pawl/outbox/pg';
import { connect, startHealthServer, startRelay, type Log } from 'pawl';

const said = (name: string): string | undefined => process.env[name] || undefined;

const log: Log = (level, message, fields = {}) => {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
};

const readHealthPort = (): number | undefined => {
  const text = said('PAWL_HEALTH_PORT');
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`PAWL_HEALTH_PORT is ${text}: it must be a port, 0 to 65535.`);
  return port;
};

const run = async (): Promise<void> => {
  const url = said('PAWL_DATABASE');
  if (url === undefined)
    throw new Error('PAWL_DATABASE must name the database: postgres://user:password@host/name');
  const healthPort = readHealthPort();
  const creds = said('PAWL_CREDS');
  const connection = await connect({
    servers: (said('PAWL_SERVER') ?? 'nats://127.0.0.1:4222').split(','),
    name: 'pawl-relay',
    ...(said('PAWL_USER') !== undefined && { user: said('PAWL_USER') ?? '' }),
    ...(said('PAWL_PASSWORD') !== undefined && { pass: said('PAWL_PASSWORD') ?? '' }),
    ...(creds !== undefined && { creds: readFileSync(creds, 'utf8') }),
    ...(said('PAWL_INBOX_PREFIX') !== undefined && {
      inboxPrefix: said('PAWL_INBOX_PREFIX') ?? '',
    }),
  });
  const prefixed = said('PAWL_PREFIX') === undefined ? {} : { prefix: said('PAWL_PREFIX') ?? '' };
  // From here on rows may be on their way, so a signal waits for them.
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve);
  });
  try {
    const relay = await startRelay({
      ...{ connection, database: pgDatabase(url), log },
      ...prefixed,
    });
    const health =
      healthPort === undefined
        ? undefined
        : await startHealthServer({ connection, relay, port: healthPort, log, ...prefixed });
    log('info', 'The relay runs', health && { health: health.url });
    log('info', `The relay stops: ${await signal}`);
    try {
      await relay.stop();
    } finally {
      await health?.stop();
    }
    log('info', 'The relay has stopped', { ...relay.counters });
  } finally {
    await connection.close();
  }
};

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
