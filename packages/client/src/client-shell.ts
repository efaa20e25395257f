// What the parts of an open client share.
import type { Clock, Log, Ports } from '@pawl/core';
import type { AnswerInbox } from './answer-inbox.ts';
import type { TypeDirectory } from './type-directory.ts';

/** The state and the doors of one client. */
export interface ClientShell {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly log: Log;
  /** Who claims to send, for `Pawl-By`. */
  readonly by: string | undefined;
  readonly timeoutMs: number;
  /** An id that no other call has. */
  readonly createId: () => string;
  readonly inbox: AnswerInbox;
  readonly types: TypeDirectory;
  /** Throws `closed` once the client has been closed. */
  readonly checkOpen: () => void;
  /** Calls back when the connection is back, until stopped. */
  readonly onReconnect: (listener: () => void) => () => void;
  /** Calls back when the client closes, until stopped. */
  readonly onClose: (listener: () => void) => () => void;
}
