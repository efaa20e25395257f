// How many resources of a kind are provisioned at a time with one settings: what a cloud bears.
import { permit } from 'pawl';
import type { Permit } from 'pawl';
import { z } from 'zod';

/** Kinds that are counted, each for itself: an instance waits for its volumes under its permit. */
export type ProvisionedKind = 'instance' | 'volume';

/** Places of each kind for each settings, until an operator sets another number. */
const PROVISIONED_MAX = 4;

/** A name of settings: it is part of the scopes of their limits. */
export const settingsName = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);

/** Scope of the limit, for `pawl limits`. */
export const provisionScope = (settings: string, kind: ProvisionedKind): string =>
  `openstack/${settings}/provision-${kind}`;

/** A permit to provision one resource of a kind. */
export const provisionPermit = (kind: ProvisionedKind): Permit<{ readonly settings: string }> =>
  permit((input: { readonly settings: string }) => provisionScope(input.settings, kind), {
    max: PROVISIONED_MAX,
  });

/** The grant, as an event of the machine. Only the runtime sends it. */
export const provisionEvents = {
  'pawl.granted.place': z.object({ scopes: z.array(z.string()) }),
};
