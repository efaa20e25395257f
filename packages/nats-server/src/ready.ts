// Waits until a server listens: it then writes its addresses into a file of its own.
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

/** The addresses on which a server listens, as it writes them. */
export interface ServerAddresses {
  readonly nats: readonly string[];
  readonly monitoring?: readonly string[];
}

const readAddresses = (folder: string, pid: number): ServerAddresses | undefined => {
  const name = readdirSync(folder).find((entry) => entry.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const text = readFileSync(join(folder, name), 'utf8');
  // The server writes the file in place: what does not end like an object is not yet whole.
  return text.endsWith('}') ? (JSON.parse(text) as ServerAddresses) : undefined;
};

/** The addresses once the server listens. Rejects when it exits before or takes longer. */
export const waitUntilReady = (
  child: ChildProcess,
  folder: string,
  timeoutMs: number,
): Promise<ServerAddresses> =>
  new Promise((resolve, reject) => {
    const watcher = watch(folder);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      watcher.close();
      child.off('exit', exited).off('error', failed);
      settle();
    };
    const look = (): void => {
      try {
        const addresses = child.pid === undefined ? undefined : readAddresses(folder, child.pid);
        if (addresses !== undefined) finish(() => resolve(addresses));
      } catch (cause) {
        failed(new Error('wrote addresses that cannot be read', { cause }));
      }
    };
    const failed = (error: Error): void => finish(() => reject(error));
    const exited = (code: number | null, signal: string | null): void =>
      failed(new Error(signal ? `ended by ${signal}` : `exited with code ${code}`));
    const timer = setTimeout(
      () => failed(new Error(`did not listen within ${timeoutMs} ms`)),
      timeoutMs,
    );
    child.once('exit', exited).once('error', failed);
    watcher.on('error', failed).on('change', look);
    look(); // The file may be there before the watch is.
  });
