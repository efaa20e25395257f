// The log port: structured lines for those who run Pawl.

/** How loud a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line. `fields` is JSON data. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Writes nothing: for callers that do not want lines. */
export const silentLog: Log = () => undefined;
