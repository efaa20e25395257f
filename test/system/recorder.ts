// A recorder on the wire: everything that passes below the prefix, as it passes.
import type { Headers } from '@pawl/core';
import { portsOf, type Connection } from 'pawl';

/** A message as it passed. */
export interface RecordedMessage {
  readonly subject: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A running recorder. */
export interface Recorder {
  /** Everything so far, in order. */
  messages(): readonly RecordedMessage[];
  /** Messages whose subject begins with this. */
  below(prefix: string): readonly RecordedMessage[];
  stop(): void;
}

/** Starts to record. Resolves once nothing can be missed. */
export const startRecorder = async (connection: Connection): Promise<Recorder> => {
  const { bus } = portsOf({ connection });
  const messages: RecordedMessage[] = [];
  const subscription = bus.subscribe('pawl.>', ({ subject, headers, body }) => {
    // The client may reuse its buffer.
    messages.push({ subject, headers, body: Uint8Array.from(body) });
  });
  await bus.flush();
  return {
    messages: () => messages,
    below: (prefix) => messages.filter(({ subject }) => subject.startsWith(prefix)),
    stop: () => subscription.stop(),
  };
};
