// Makes the streams and consumers of a round. The floor uses the very same ones as Pawl.
import { connect, portsOf, provision } from 'pawl';
import { SERVICE, TYPE } from './subject-names.ts';

/** Provisions the topology, the partition consumers and the commands' consumer. */
export const provisionBench = async (url: string): Promise<void> => {
  const connection = await connect({ servers: url });
  try {
    await provision(connection);
    const { journal, commands } = portsOf({ connection });
    await journal.provisionConsumers(SERVICE, [TYPE]);
    const consumer = await commands.consume('regular', SERVICE, {
      onCommand: () => {
        throw new Error('A command came before there was an actor.');
      },
      onTrouble: (error) => {
        throw error;
      },
    });
    await consumer.close();
  } finally {
    await connection.drain();
  }
};
