// Module hooks: each reload imports the user's own files anew, and those alone. Runs in Node's
// thread for hooks. Packages are kept: their classes must stay the same for `instanceof`.
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

/** Marks a file's URL with the number of the load that asked for it. */
export const LOAD_MARK = 'pawl-load';

let port: MessagePort | undefined;

/** Takes the port on which loaded files are reported. */
export const initialize: InitializeHook<{ readonly port: MessagePort }> = (data) => {
  ({ port } = data);
};

const markOf = (url: string | undefined): string | null =>
  url === undefined || !URL.canParse(url) ? null : new URL(url).searchParams.get(LOAD_MARK);

/** Carries the mark from a file to those that it imports by a path. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  const isOwn = /^(\.{0,2}\/|file:)/.test(specifier);
  const mark = markOf(specifier) ?? markOf(context.parentURL);
  if (!isOwn || mark === null || !resolved.url.startsWith('file:')) return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set(LOAD_MARK, mark);
  port?.postMessage(url.href);
  return { ...resolved, url: url.href };
};
