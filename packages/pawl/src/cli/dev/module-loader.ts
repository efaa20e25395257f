// Loads the user's module, again and again: each load sees the files as they are now.
import { createRequire, register } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { UsageError } from '../usage-error.ts';
import { LOAD_MARK } from './reload-hooks.ts';

/** Loads one module. */
export interface ModuleLoader {
  /** Imports it anew, with all files that it imports by a path. */
  load(): Promise<Readonly<Record<string, unknown>>>;
}

const isTypeScript = (file: string): boolean => /\.[mc]?tsx?$/.test(file);

/** Lets Node read TypeScript: by the user's own tsx, else by Node itself where it can. */
const enableTypeScript = async (file: string): Promise<void> => {
  const { features } = process as { readonly features: { readonly typescript?: unknown } };
  let tsx: string;
  try {
    tsx = createRequire(file).resolve('tsx');
  } catch (error) {
    if (features.typescript !== undefined && features.typescript !== false) return;
    throw new UsageError(
      `${file} is TypeScript, which this Node does not read: npm install --save-dev tsx.`,
      { cause: error },
    );
  }
  await import(pathToFileURL(tsx).href); // Its entry puts the hooks in place, once.
};

/** Opens a loader. `onFile` is told each file that the module is made of. */
export const openModuleLoader = async (
  file: string,
  onFile: (path: string) => void,
): Promise<ModuleLoader> => {
  if (isTypeScript(file)) await enableTypeScript(file);
  const { port1, port2 } = new MessageChannel();
  port1.on('message', (url: string) => onFile(fileURLToPath(url)));
  port1.unref();
  const hooks = new URL(`./reload-hooks${extname(import.meta.url)}`, import.meta.url);
  register(hooks, { data: { port: port2 }, transferList: [port2] });
  const url = pathToFileURL(file);
  let count = 0;
  return {
    load: async () => {
      count += 1;
      url.searchParams.set(LOAD_MARK, String(count));
      return (await import(url.href)) as Readonly<Record<string, unknown>>;
    },
  };
};
