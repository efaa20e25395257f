// Example data from a JSON Schema: as words for `pawl`, and as JSON for anybody else.

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const exampleOf = (schema: unknown): unknown => {
  if (!isRecord(schema)) return null;
  const { type, enum: choices, minimum } = schema;
  if (Array.isArray(choices) && choices.length > 0) return choices[0] as unknown;
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return typeof minimum === 'number' && minimum > 0 ? minimum : 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return exampleData(schema);
    default:
      return null;
  }
};

/** The required fields of an object schema; none for anything else. */
export const exampleData = (schema: unknown): Readonly<Record<string, unknown>> => {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return {};
  const { properties, required } = schema;
  const names = Array.isArray(required) ? required.map(String) : [];
  return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name])]));
};

const wordOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const json = JSON.stringify(value);
  return typeof value === 'object' ? `'${json}'` : json;
};

/** The same as words: `name=text sizeGiB=1`. */
export const exampleWords = (schema: unknown): string =>
  Object.entries(exampleData(schema))
    .map(([name, value]) => `${name}=${wordOf(value)}`)
    .join(' ');
