// A listener for commands, for the contract of the port CommandQueue.
import type { CommandDelivery, CommandListener } from '@pawl/core';
import { textOf } from './contract-broker.ts';

/** A worker that only takes down what it is given. */
export class CommandRecorder implements CommandListener {
  readonly deliveries: CommandDelivery[] = [];
  readonly troubles: Error[] = [];

  onCommand(delivery: CommandDelivery): void {
    this.deliveries.push(delivery);
  }

  onTrouble(error: Error): void {
    this.troubles.push(error);
  }

  get texts(): string[] {
    return this.deliveries.map(({ body }) => textOf(body));
  }
}
