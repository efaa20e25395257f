// A TCP port of this machine that nobody has at the moment.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Somebody else may take it before it is used: give 0 to whatever can choose for itself. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};
