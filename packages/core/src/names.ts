// Names on the wire that do not depend on the prefix: which tokens may appear in a subject.
import { PawlError } from './errors.ts';

/** Where an actor lives: its type and its id. */
export interface ActorAddress {
  readonly type: string;
  readonly id: string;
}

const TYPE = /^[a-z][a-z0-9-]*$/;
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Is this an actor type: `[a-z][a-z0-9-]*`? */
export const isActorType = (type: string): boolean => TYPE.test(type);

/** Is this an actor id: `[A-Za-z0-9_-]{1,128}`? */
export const isActorId = (id: string): boolean => ID.test(id);

/** Is this the name of a service, task or client: `[A-Za-z0-9_-]{1,64}`? */
export const isName = (name: string): boolean => NAME.test(name);

/** Throws `invalid-type` or `invalid-id` when the address cannot be a subject. */
export const checkAddress = ({ type, id }: ActorAddress): void => {
  if (!isActorType(type))
    throw new PawlError(
      'invalid-type',
      `Actor type ${JSON.stringify(type)} must match ${TYPE.source}.`,
    );
  if (!isActorId(id))
    throw new PawlError('invalid-id', `Actor id ${JSON.stringify(id)} must match ${ID.source}.`);
};

/** Throws `invalid-name` when a service, task or client name cannot be a subject token. */
export const checkName = (what: string, name: string): void => {
  if (!isName(name))
    throw new PawlError(
      'invalid-name',
      `The ${what} ${JSON.stringify(name)} must match ${NAME.source}.`,
    );
};

/** `<type>/<id>`: how an actor is written in ids and messages. */
export const addressKey = ({ type, id }: ActorAddress): string => `${type}/${id}`;

/** Encodes any text as one subject token: allowed characters stay, others become `=` and hex. */
export const encodeToken = (text: string): string =>
  text === ''
    ? '='
    : text.replace(/[^A-Za-z0-9_-]/gu, (char) => `=${char.codePointAt(0)?.toString(16)}=`);
