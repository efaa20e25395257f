// A host in a process of its own, to be killed: node … host-process.ts <url> <name>
import { connect, startHost } from 'pawl';
import { partMachine, productMachine } from '../scenario/machines.ts';

const [, , url = '', name = 'host'] = process.argv;
const connection = await connect({ servers: url, name });
const host = await startHost({
  connection,
  service: 'factory',
  name,
  machines: { part: partMachine, product: productMachine },
  log: (level, message, fields) => {
    if (level !== 'debug') console.error(name, level, message, JSON.stringify(fields ?? {}));
  },
});
process.send?.({ ready: true });
process.on('message', (message) => {
  if (message === 'held') process.send?.({ held: host.held()['factory'] });
  if (message === 'stop')
    void host
      .stop()
      .then(() => connection.close())
      .then(() => process.disconnect());
});
