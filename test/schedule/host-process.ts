// A host with schedules in a process of its own, to be killed: node … host-process.ts <url> <name>
import { connect, startHost } from 'pawl';
import { schedules } from './kill-schedules.ts';

const [, , url = '', name = 'host'] = process.argv;
const connection = await connect({ servers: url, name });
const host = await startHost({
  connection,
  service: 'shop',
  name,
  machines: {},
  topology: false,
  schedules,
});
process.send?.('ready');
process.on('message', () => {
  void host
    .stop()
    .then(() => connection.close())
    .then(() => process.disconnect());
});
