// An actor's state as bytes: what a snapshot holds.
import type { ActorState } from '../actor-state.ts';
import { decodeBody, encodeBody } from '../codec.ts';
import { decodeLimit } from '../limit/limit-change.ts';
import type { EncodedLimit } from '../limit/limit-table.ts';
import { PawlError } from '../errors.ts';

/** Encodes a state as MessagePack. */
export const encodeState = (state: ActorState): Uint8Array =>
  encodeBody(state.limit === undefined ? state : { ...state, limit: state.limit.toJSON() });

/** Decodes a state. Throws `invalid-body` when the bytes are none, or of another layout. */
export const decodeState = (bytes: Uint8Array): ActorState => {
  const body = decodeBody(bytes);
  if (body['format'] !== 1)
    throw new PawlError(
      'invalid-body',
      `The state has layout ${JSON.stringify(body['format'])}; this version of Pawl reads layout 1.`,
    );
  const limit = body['limit'];
  if (limit === undefined) return body as unknown as ActorState;
  return { ...body, limit: decodeLimit(limit as EncodedLimit) } as unknown as ActorState;
};
