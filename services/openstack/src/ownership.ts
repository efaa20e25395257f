// Whose is a resource in the cloud? So creates are not repeated, and others' are left alone.
import { permanentError } from 'pawl';
import type { ActorAddress, TaskContext } from 'pawl';

/** What this rule reads of a resource. */
export interface Owned {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const ACTOR = 'pawl_actor';
const KEY = 'pawl_key';
const NAME = 'pawl_name';

/** The actor as metadata has it. */
const addressKey = ({ type, id }: ActorAddress): string => `${type}/${id}`;

/** Metadata of a new resource: its actor, the command that makes it, and what people call it. */
export const ownerMetadata = (
  { actor, idempotencyKey }: TaskContext,
  displayName: string | undefined,
): Record<string, string> => ({
  [ACTOR]: addressKey(actor),
  [KEY]: idempotencyKey,
  ...(displayName !== undefined && { [NAME]: displayName }),
});

/** Was it made for this actor? Names alone can be anybody's. */
export const isOwned = (resource: Owned, actor: ActorAddress): boolean =>
  resource.metadata[ACTOR] === addressKey(actor);

/**
 * Look up before you create: what an earlier run of the same command has made, the oldest if
 * there are more. Throws `name-taken` when the name is used by anything else, because then a create
 * would make a second resource of that name.
 */
export const findMade = <Resource extends Owned>(
  found: readonly Resource[],
  { actor, idempotencyKey }: TaskContext,
): Resource | undefined => {
  const other = found.find((one) => !isOwned(one, actor) || one.metadata[KEY] !== idempotencyKey);
  if (other === undefined)
    return found.toSorted((one, two) => one.createdAt.localeCompare(two.createdAt))[0];
  const owner = other.metadata[ACTOR];
  throw permanentError(
    'name-taken',
    `The name ${other.name} is taken by ${other.id}, ` +
      (owner === addressKey(actor)
        ? `left by an earlier operation of ${owner}: delete it, or send DELETE to the actor.`
        : `which ${owner === undefined ? 'no actor' : owner} owns, not ${addressKey(actor)}.`),
    { details: { resourceId: other.id } },
  );
};
