// schemasOf(): one source for the types of a machine and for the schemas in the registry.
import type { InputOf, OutputOf, Schema } from './schema.ts';

/** Schemas of a machine, as `machine.schemas` carries them to the registry. */
export interface MachineSchemas {
  readonly input?: Schema | undefined;
  readonly context?: Schema | undefined;
  /** By event type: the fields besides `type`. */
  readonly events: Readonly<Record<string, Schema>>;
}

/** Options of `schemasOf`. */
export interface SchemasOptions<
  Input extends Schema,
  Context extends Schema,
  Events extends Record<string, Schema>,
> {
  readonly input: Input;
  readonly context: Context;
  readonly events: Events;
}

/** Zod types `z.object({})` as `Record<string, never>`, which would forbid the field `type`. */
type FieldsOf<S extends Schema> = [OutputOf<S>] extends [Record<string, never>]
  ? unknown
  : OutputOf<S>;

/** The union of events: `{ type: 'DELETE' } | { type: 'EXTEND', sizeGiB: number }`. */
export type EventsOf<Events extends Record<string, Schema>> = {
  [Type in keyof Events & string]: { type: Type } & FieldsOf<Events[Type]>;
}[keyof Events & string];

/** What goes into `setup()`: `setup({ types, schemas, actors })`. */
export interface SchemasResult<
  Input extends Schema,
  Context extends Schema,
  Events extends Record<string, Schema>,
> {
  readonly types: {
    input: InputOf<Input>;
    context: OutputOf<Context>;
    events: EventsOf<Events>;
  };
  readonly schemas: SchemasOptions<Input, Context, Events>;
}

/**
 * Declares input, context and events once. `types` is empty at run time, `schemas` is what the
 * registration check and the registry read.
 */
export const schemasOf = <
  Input extends Schema,
  Context extends Schema,
  Events extends Record<string, Schema>,
>(
  schemas: SchemasOptions<Input, Context, Events>,
): SchemasResult<Input, Context, Events> => {
  const types = {} as SchemasResult<Input, Context, Events>['types']; // XState reads only its type.
  return { types, schemas };
};
