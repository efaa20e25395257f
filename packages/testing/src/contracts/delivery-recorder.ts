// A host that only takes down what it is told.
import type { Delivery, DeliveryListener } from '@pawl/core';

/** A host that only takes down what it is told. */
export class DeliveryRecorder implements DeliveryListener {
  readonly deliveries: Delivery[] = [];
  readonly troubles: Error[] = [];
  unpinned = 0;

  onDelivery(delivery: Delivery): void {
    this.deliveries.push(delivery);
  }

  onUnpinned(): void {
    this.unpinned += 1;
  }

  onTrouble(error: Error): void {
    this.troubles.push(error);
  }

  get sequences(): number[] {
    return this.deliveries.map(({ entry }) => entry.sequence);
  }

  get positions(): number[] {
    return this.deliveries.map(({ consumerSequence }) => consumerSequence);
  }
}
