// Pages of a list: `limit` and `marker`, and the link to the next page.
import { Refusal } from './refusal.ts';
import type { Call } from './router.ts';

/** A link as OpenStack writes it. */
export interface Link {
  readonly href: string;
  readonly rel: string;
}

/** One page and, where the list goes on, the link to the next. */
export interface Page<Item> {
  readonly items: Item[];
  readonly links: Link[];
}

const LIMIT_MAX = 1_000;

const limitOf = (text: string | null): number => {
  if (text === null) return LIMIT_MAX;
  if (!/^\d+$/.test(text))
    throw new Refusal(400, `Invalid input for query parameters limit. Value: ${text}.`);
  return Math.min(Number(text), LIMIT_MAX);
};

/**
 * Cuts the page that a call asks for. `limit=0` is an empty page, as in Nova.
 * @throws Refusal 400 when the marker names nothing in the list.
 */
export const pageOf = <Item extends { readonly id: string }>(
  list: readonly Item[],
  call: Call,
): Page<Item> => {
  const limit = limitOf(call.query.get('limit'));
  const marker = call.query.get('marker');
  const after = marker === null ? -1 : list.findIndex((item) => item.id === marker);
  if (marker !== null && after < 0) throw new Refusal(400, `marker [${marker}] not found`);
  const items = list.slice(after + 1, after + 1 + limit);
  const last = items.at(-1);
  if (!last || after + 1 + items.length >= list.length) return { items, links: [] };
  const query = new URLSearchParams(call.query);
  query.set('limit', String(limit));
  query.set('marker', last.id);
  return {
    items,
    links: [{ href: `${call.origin}${call.path}?${query.toString()}`, rel: 'next' }],
  };
};

/** Name with which a page carries its link, such as `servers_links`; absent on the last page. */
export const linksEntry = (collection: string, links: Link[]): Record<string, Link[]> =>
  links.length > 0 ? { [`${collection}_links`]: links } : {};
