// Ports of a worker on which acknowledgements go wrong and commands come twice.
import type { CommandDelivery, CommandListener, Ports } from '@pawl/core';
import type { WorkerFaults } from './child-settings.ts';

/** Wraps the ports of a worker. Without faults they are as before. */
export const faultyPorts = (
  ports: Ports,
  { exitBeforeAck = 0, takeTwice }: WorkerFaults,
): Ports => {
  let exits = exitBeforeAck;
  const { commands } = ports;
  const ack = async (delivery: CommandDelivery): Promise<void> => {
    if (exits > 0) {
      exits -= 1;
      process.kill(process.pid, 'SIGKILL');
    }
    await delivery.ack();
  };
  const wrap = (listener: CommandListener): CommandListener => ({
    onTrouble: (error) => listener.onTrouble(error),
    onCommand: (delivery) => {
      const wrapped: CommandDelivery = {
        ...delivery,
        ack: () => ack(delivery),
        nak: (delayMs) => delivery.nak(delayMs),
        extend: () => delivery.extend(),
      };
      listener.onCommand(wrapped);
      if (takeTwice === true) listener.onCommand(wrapped);
    },
  });
  return {
    ...ports,
    commands: {
      publish: (command) => commands.publish(command),
      provision: (service) => commands.provision(service),
      queues: () => commands.queues(),
      pause: (queueClass, service, until) => commands.pause(queueClass, service, until),
      consume: (queueClass, service, listener) =>
        commands.consume(queueClass, service, wrap(listener)),
    },
  };
};
