// The floor's worker: for each command a reply into the journal, then the command's ack.
import { BATCH, BODY, COMMANDS, idBefore, replyLines } from './floor-messages.ts';
import { connectFloor, pull } from './floor-wire.ts';
import { serveRole, trafficOf } from './role.ts';
import { SERVICE, TYPE } from './subject-names.ts';

const nothing = (): void => {};

serveRole(async ({ url }) => {
  const connection = await connectFloor(url);
  const { nats } = connection;
  const options = { stream: COMMANDS, consumer: `worker-${SERVICE}`, batch: BATCH };
  const stop = pull(connection, options, (message) => {
    const { subject, reply = '' } = message;
    const actor = idBefore(subject, subject.lastIndexOf('.'));
    const target = `pawl.in.reply-${SERVICE}.${TYPE}.${actor}`;
    connection.publish(target, replyLines(actor), BODY.reply, () =>
      connection.acknowledge(reply, nothing),
    );
  });
  await nats.flush();
  return {
    traffic: () => trafficOf(nats.stats()),
    stop: async () => {
      stop();
      await nats.close();
    },
  };
});
