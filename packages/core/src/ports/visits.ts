// Port: visits. Streams that follow from the journal can be made anew; then somebody has to visit
// every actor, and publish again what it waits for.
import type { ActorAddress } from '../names.ts';

/** Which streams there are, and for which of them each partition was visited. */
export interface Visits {
  /**
   * Names the streams of timers, commands, snapshots and records that exist now. Another one means
   * that at least one of them was made anew, and that what was in it is gone.
   */
  identity(): Promise<string>;
  /** Under which identity the actors of a partition were last visited. Undefined: never. */
  load(service: string, partition: number): Promise<string | undefined>;
  /** All that the partition's actors wait for has been stored under this identity. */
  save(service: string, partition: number, identity: string): Promise<void>;
  /** Every actor of a partition and type that stands in the journal. */
  actors(partition: number, type: string): Promise<readonly ActorAddress[]>;
}
