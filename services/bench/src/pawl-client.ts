// Pawl's client as a user writes it: create an actor and wait until it is ok.
import { connect, openClient } from 'pawl';
import { runLoop } from './closed-loop.ts';
import { resource } from './resource.machine.ts';
import { serveRole, trafficOf } from './role.ts';

const TIMEOUT_MS = 30_000;

serveRole(async ({ url }) => {
  const connection = await connect({ servers: url });
  const client = openClient({ connection });
  const lifecycle = async (number: number): Promise<void> => {
    const actor = client.actor(resource, `pawl-${number}`);
    await actor.create({ name: `resource ${number}`, sizeGiB: 20 });
    await actor.waitFor((state) => state.matches('ok'), { timeoutMs: TIMEOUT_MS });
  };
  /** The error that a lifecycle ended with, if any. */
  const endOf = async (work: Promise<void>): Promise<Error | undefined> => {
    try {
      await work;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return {
    run: (options, onProgress) =>
      runLoop(
        options,
        (number, done) => {
          void (async () => {
            done(await endOf(lifecycle(number)));
          })();
        },
        onProgress,
      ),
    traffic: () => trafficOf(connection.nats.stats()),
    stop: async () => {
      await client.close();
      await connection.drain();
    },
  };
});
