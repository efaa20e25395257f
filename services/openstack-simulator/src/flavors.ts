// Nova's flavors: the five of a fresh DevStack.
import { linksEntry, pageOf } from './paging.ts';
import type { Link } from './paging.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Call, Route } from './router.ts';

/** A size of server. */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly ramMiB: number;
  readonly diskGiB: number;
  readonly vcpus: number;
}

/** Every flavor there is. */
export const FLAVORS: readonly Flavor[] = [
  { id: '1', name: 'm1.tiny', ramMiB: 512, diskGiB: 1, vcpus: 1 },
  { id: '2', name: 'm1.small', ramMiB: 2_048, diskGiB: 20, vcpus: 1 },
  { id: '3', name: 'm1.medium', ramMiB: 4_096, diskGiB: 40, vcpus: 2 },
  { id: '4', name: 'm1.large', ramMiB: 8_192, diskGiB: 80, vcpus: 4 },
  { id: '5', name: 'm1.xlarge', ramMiB: 16_384, diskGiB: 160, vcpus: 8 },
];

/** The links of something that Nova serves. */
export const computeLinks = (origin: string, path: string): Link[] => [
  { href: `${origin}/compute/v2.1/${path}`, rel: 'self' },
  { href: `${origin}/compute/${path}`, rel: 'bookmark' },
];

const briefOf = ({ id, name }: Flavor, call: Call): object => ({
  id,
  links: computeLinks(call.origin, `flavors/${id}`),
  name,
});

const detailOf = (flavor: Flavor, call: Call): object => ({
  'OS-FLV-DISABLED:disabled': false,
  disk: flavor.diskGiB,
  'OS-FLV-EXT-DATA:ephemeral': 0,
  'os-flavor-access:is_public': true,
  ...briefOf(flavor, call),
  ram: flavor.ramMiB,
  swap: '',
  vcpus: flavor.vcpus,
  rxtx_factor: 1,
});

const listWith =
  (write: (flavor: Flavor, call: Call) => object) =>
  (call: Call): Answer => {
    const { items, links } = pageOf(FLAVORS, call);
    const flavors = items.map((flavor) => write(flavor, call));
    return { status: 200, body: { flavors, ...linksEntry('flavors', links) } };
  };

const getFlavor = (call: Call): Answer => {
  const flavor = FLAVORS.find(({ id }) => id === call.params['id']);
  if (!flavor) throw new Refusal(404, `Flavor ${call.params['id']} could not be found.`);
  return { status: 200, body: { flavor: detailOf(flavor, call) } };
};

/** The routes below `/compute/v2.1/flavors`. */
export const flavorRoutes: readonly Route[] = (
  [
    ['list-flavors', '', listWith(briefOf)],
    ['list-flavors', '/detail', listWith(detailOf)],
    ['get-flavor', '/:id', getFlavor],
  ] as const
).map(([operation, below, handle]) => ({
  service: 'compute',
  operation,
  method: 'GET',
  path: `/compute/v2.1/flavors${below}`,
  handle,
}));
