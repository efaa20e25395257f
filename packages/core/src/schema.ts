// Schemas: any Standard Schema that can also be written as JSON Schema. Zod 4 is what we use.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { PawlError, type ErrorCode } from './errors.ts';

/** Any Standard Schema. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What may be handed in. */
export type InputOf<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** What comes out of validation. */
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** One problem that a schema found. */
export interface SchemaIssue {
  readonly path: string;
  readonly message: string;
}

/** `a.0.b`: where in the data. */
const pathOf = (path: StandardSchemaV1.Issue['path']): string =>
  (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

/**
 * Validates and returns the output. Throws `code` with each path and what is wrong there.
 * A schema that validates asynchronously is refused: a fold cannot wait.
 */
export const validate = <S extends Schema>(
  schema: S,
  value: unknown,
  code: ErrorCode,
  what: string,
): OutputOf<S> => {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise)
    throw new PawlError(code, `The schema of ${what} is asynchronous; use a synchronous one.`);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ path, message }) => ({ path: pathOf(path), message }));
  const text = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new PawlError(code, `${what} does not match its schema: ${text.join('; ')}.`, {
    details: { issues },
  });
};

/** A schema that can also write itself as JSON Schema. */
const isJsonSchema = (schema: Schema): schema is Schema & StandardJSONSchemaV1 =>
  'jsonSchema' in schema['~standard'];

/** The schema as JSON Schema (draft 2020-12), or undefined when its library cannot write it. */
export const jsonSchemaOf = (schema: Schema): Record<string, unknown> | undefined => {
  if (!isJsonSchema(schema)) return undefined;
  try {
    return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  } catch {
    return undefined; // Zod throws for what JSON has no word for: z.void(), z.undefined(), z.date().
  }
};
