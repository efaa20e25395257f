// Tells when one of the files of a module has new content.
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Watches files. */
export interface SourceWatcher {
  /** Watches this file as well. */
  add(path: string): void;
  close(): void;
}

/** Undefined while there is no such file: an editor may be replacing it. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // The event that brings it back follows.
  }
};

/** Editors replace files, so their folders are watched; what was only touched is not reported. */
export const openSourceWatcher = (onChange: (path: string) => void): SourceWatcher => {
  const contents = new Map<string, string | undefined>();
  const folders = new Map<string, FSWatcher>();

  const check = (path: string): void => {
    if (!contents.has(path)) return;
    const now = read(path);
    // Empty: the editor has opened it and not written yet.
    if (now === undefined || now === '' || now === contents.get(path)) return;
    contents.set(path, now);
    onChange(path);
  };

  return {
    add: (path) => {
      if (contents.has(path)) return;
      contents.set(path, read(path));
      const folder = dirname(path);
      if (folders.has(folder)) return;
      const watcher = watch(folder, (_event, name) => {
        if (name !== null) check(join(folder, basename(name)));
      });
      folders.set(folder, watcher);
    },
    close: () => {
      for (const watcher of folders.values()) watcher.close();
      folders.clear();
    },
  };
};
