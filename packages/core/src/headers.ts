// The message headers that Pawl reads and writes.

/** Header names. Values are text; see DESIGN, names on the wire. */
export const HEADER = {
  cause: 'Pawl-Cause',
  class: 'Pawl-Class',
  hops: 'Pawl-Hops',
  answerTo: 'Pawl-Answer-To',
  by: 'Pawl-By',
  version: 'Pawl-Version',
  encoding: 'Pawl-Encoding',
  traceparent: 'traceparent',
  messageId: 'Nats-Msg-Id',
  streamSource: 'Nats-Stream-Source',
} as const;

/** Message headers as plain data. Names are exact, one value each. */
export type Headers = Readonly<Record<string, string>>;
