// A process of the test of queue classes: the host, or the one worker for all classes.
import { connect, startHost, startWorker } from 'pawl';
import { errand, errandTask } from './errand.machine.ts';

const [role, url = ''] = process.argv.slice(2);
const connection = await connect({ servers: url });
const service = 'errands';

if (role === 'host') {
  const host = await startHost({ connection, service, machines: { errand } });
  process.once('message', () => void host.stop().then(() => process.disconnect()));
  process.send?.('ready');
} else {
  // The clock that all processes of one machine share.
  const begun: [id: string, nanos: string][] = [];
  const onQuick = (id: string): void => {
    begun.push([id, String(process.hrtime.bigint())]);
  };
  const worker = await startWorker({ connection, service, tasks: [errandTask(onQuick)] });
  process.on('message', (message) => {
    if (message === 'begun') process.send?.({ begun: begun.splice(0), busy: worker.busy() });
    else void worker.stop({ graceMs: 1 }).then(() => process.disconnect());
  });
  process.send?.('ready');
}
process.once('disconnect', () => void connection.close());
