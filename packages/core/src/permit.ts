// permit(): a place under a limit as XState actor logic, held while its state is active.
import { fromPromise, type PromiseActorLogic } from 'xstate';
import { checkCapacity, checkScope } from './limit/scope.ts';

/** One scope, or several that are all needed. */
export type Scopes = string | readonly string[];

/** A value, or how to find it in the input of the invoke. */
export type FromInput<Value, Input> = Value | ((input: Input) => Value);

/** Options of `permit`. */
export interface PermitOptions<Input> {
  /**
   * How many may hold a permit of the scope at a time. The last request's word counts, until an
   * operator sets another number.
   */
  readonly max: FromInput<number, Input>;
}

/** A permit as XState actor logic. It is never done: the grant is an event of the machine. */
export interface Permit<Input = unknown> extends PromiseActorLogic<never, Input> {
  readonly permit: {
    readonly scope: FromInput<Scopes, Input>;
    readonly max: FromInput<number, Input>;
  };
}

/** The event that a machine gets when its permit is granted: `PermitGranted<'slot'>`. */
export interface PermitGranted<InvokeId extends string = string> {
  readonly type: `pawl.granted.${InvokeId}`;
  /** What it holds from now on. */
  readonly scopes: readonly string[];
}

/** What a permit asks for. */
export interface Asked {
  /** Sorted, each once. */
  readonly scopes: readonly string[];
  readonly max: number;
}

/** Sorted and each once: two that need the same scopes never wait for each other. */
const checkedScopes = (given: Scopes): readonly string[] => {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) checkScope(undefined);
  for (const scope of list) checkScope(scope);
  return [...new Set(list as readonly string[])].toSorted();
};

/** What `permit` was given, for one input. Throws `invalid-scope` or `invalid-capacity`. */
export const askedBy = ({ permit: { scope, max } }: Permit, input: unknown): Asked => {
  const scopes = checkedScopes(typeof scope === 'function' ? scope(input) : scope);
  const capacity = typeof max === 'function' ? max(input) : max;
  checkCapacity(capacity, `The max of the permit for ${scopes.join(' and ')}`);
  return { scopes, max: capacity };
};

/**
 * Declares a permit: `setup({ actors: { slot: permit('openstack/settings-7', { max: 4 }) } })`, or
 * with a scope from the invoke's input: `permit((input: { settings: string }) => …, { max: 4 })`.
 * Entering the state that invokes it asks, in turn, for each scope; when all are granted the
 * machine gets `pawl.granted.<invoke id>`; leaving the state gives them back. Throws
 * `invalid-scope` or `invalid-capacity` for what is known beforehand.
 */
export const permit = <Input = unknown>(
  scope: FromInput<Scopes, Input>,
  options: PermitOptions<Input>,
): Permit<Input> => {
  const { max } = options;
  if (typeof scope !== 'function') checkedScopes(scope);
  if (typeof max !== 'function') checkCapacity(max, 'The max of a permit');
  const logic = fromPromise<never, Input>(() =>
    Promise.reject(new Error('A permit is asked for by a host. In a test, use testActor().')),
  );
  return { ...logic, permit: { scope, max } };
};

/** Is this actor logic a permit? */
export const isPermit = (logic: unknown): logic is Permit =>
  typeof logic === 'object' && logic !== null && 'permit' in logic;
