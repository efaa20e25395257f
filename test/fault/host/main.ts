// A host of the fault suite, in a process of its own.
import { startHost } from '@pawl/host';
import { connect, openPorts } from '@pawl/jetstream';
import type { HostSettings } from '../child-settings.ts';
import { unsavedPorts, crashingPorts } from '../crash-points.ts';
import { castOf } from '../casts.ts';
import { runChild, tell } from '../run-child.ts';

const HELD_EVERY_MS = 20;

runChild<HostSettings>(async ({ servers, name, cast, crash, isSaving, ackWaitMs }) => {
  const connection = await connect({ servers, name, connectTimeoutMs: 30_000 });
  const opened = openPorts(connection, {
    ...(ackWaitMs !== undefined && { commandAckWaitMs: ackWaitMs }),
  });
  const saving = isSaving === false ? unsavedPorts(opened) : opened;
  const ports = crash === undefined ? saving : crashingPorts(saving, crash);
  const { service, machines } = castOf(cast);
  const host = await startHost({
    ports,
    service,
    machines,
    name,
    log: (level, message, fields) => {
      if (level !== 'debug')
        console.log(new Date().toISOString(), name, level, message, JSON.stringify(fields ?? {}));
    },
  });
  let last = '';
  const telling = setInterval(() => {
    const held = host.held()[service] ?? [];
    if (held.join() === last) return;
    last = held.join();
    tell({ what: 'held', held });
  }, HELD_EVERY_MS);
  return async () => {
    await host.stop();
    clearInterval(telling);
    await connection.drain();
  };
});
