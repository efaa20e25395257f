// How a walk turns entries and states into bytes and back: as hosts do, or with a planted defect.
import { decodeState, encodeState, readEntry } from '@pawl/core';
import type { ActorState, Entry, StoredEntry } from '@pawl/core';

/** Reads entries and states. */
export interface WalkCodec {
  readEntry(stored: StoredEntry): Entry;
  encodeState(state: ActorState): Uint8Array;
  decodeState(bytes: Uint8Array): ActorState;
}

/** As hosts do it. */
export const standardCodec: WalkCodec = { readEntry, encodeState, decodeState };
