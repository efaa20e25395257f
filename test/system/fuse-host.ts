// A host of fuses in a process of its own: node … fuse-host.ts <url> <name>. It says that it is
// alive, and is killed when it does not.
import { connect, startHost } from 'pawl';
import { fuse } from '../scenario/fuse.machine.ts';

const ALIVE_EVERY_MS = 200;

const [, , url = '', name = 'host'] = process.argv;
const connection = await connect({ servers: url, name });
const host = await startHost({ connection, service: 'fuses', name, machines: { fuse } });
process.send?.('ready');
setInterval(() => process.send?.('alive'), ALIVE_EVERY_MS);
process.on('message', () => {
  void host.stop().then(() => process.exit(0));
});
