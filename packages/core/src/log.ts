// The log port: structured lines for those who run Pawl.
import { PawlError } from './errors.ts';

/** How loud a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Fields of a line: JSON data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. It begins with a capital letter. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** Writes nothing: for callers that do not want lines. */
export const silentLog: Log = () => undefined;

const CAUSES_MAX = 4;

const codeOf = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined;

const textOf = (thrown: unknown): string =>
  thrown instanceof Error
    ? `${codeOf(thrown) ?? thrown.name}: ${thrown.message}`
    : `Not an Error: ${JSON.stringify(thrown)}`;

/** What those say that caused an error, the nearest first. */
const causesOf = (error: Error): readonly string[] => {
  const texts: string[] = [];
  let cause: unknown = error.cause;
  while (cause !== undefined && texts.length < CAUSES_MAX) {
    texts.push(textOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return texts;
};

/**
 * Fields that tell of anything thrown: `error`, its text; `code`; `cause`, the errors behind it;
 * `stack`, unless it is a PawlError: those are expected, all others are faults of a program.
 */
export const errorFields = (error: unknown): LogFields => {
  if (!(error instanceof Error)) return { error: textOf(error) };
  const code = codeOf(error);
  const causes = causesOf(error);
  return {
    error: error.message || error.name,
    ...(code !== undefined && { code }),
    ...(causes.length > 0 && { cause: causes.join(' <- ') }),
    ...(!(error instanceof PawlError) && { stack: error.stack }),
  };
};
