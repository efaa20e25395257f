// Sees to it that no server outlives the process that started it, however that process ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';

/** A running server and the folder to remove with it, if that is a temporary one. */
export interface Guarded {
  readonly child: ChildProcess;
  readonly temporaryFolder: string | undefined;
}

const guarded = new Set<Guarded>();
let isListening = false;

const endAll = (): void => {
  for (const { child, temporaryFolder } of guarded) {
    // A server with a store to keep may finish its writes.
    child.kill(temporaryFolder === undefined ? 'SIGTERM' : 'SIGKILL');
    if (temporaryFolder !== undefined)
      rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
  }
};

// `read` ends when our end of the pipe is closed, which the kernel does even after kill -9.
const WATCH = 'read _; kill -TERM "$0"; kill -CONT "$0"; [ -z "$1" ] || rm -rf "$1"';

/** Watches over a server until the returned function is called (after its end). */
export const guardServer = (server: Guarded): (() => void) => {
  if (server.child.pid === undefined) return () => {}; // It could not be started at all.
  if (!isListening) process.on('exit', endAll);
  isListening = true;
  guarded.add(server);
  // Windows has no such shell: there only an orderly exit of the parent is covered.
  const watcher =
    process.platform === 'win32'
      ? undefined
      : spawn('/bin/sh', ['-c', WATCH, String(server.child.pid), server.temporaryFolder ?? ''], {
          stdio: ['pipe', 'ignore', 'ignore'],
          detached: true, // An interrupt from the terminal is not for the watcher.
        });
  watcher?.unref();
  if (watcher?.stdin instanceof Socket) watcher.stdin.unref();
  watcher?.once('error', () => {}); // No shell: as on Windows.
  return () => {
    guarded.delete(server);
    watcher?.kill('SIGKILL');
  };
};
