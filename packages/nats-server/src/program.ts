// Runs another program to its end and gathers what it says.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What came of a program: all that it printed, and why it failed, if it did. */
export interface ProgramRun {
  readonly output: string;
  /** Absent when the program ended with exit code 0. */
  readonly fault?: string;
}

/** How a program is run. */
export interface ProgramOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Called with each line that the program prints, on either stream. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program without a shell. Never rejects: a failure is part of the result. */
export const runProgram = (
  executable: string,
  words: readonly string[],
  options: ProgramOptions,
): Promise<ProgramRun> =>
  new Promise((resolve) => {
    const child = spawn(executable, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      ...(options.environment && { env: options.environment }),
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        options.onLine?.(line);
      });
    child.once('error', (error) => resolve({ output: lines.join('\n'), fault: error.message }));
    child.once('close', (code, signal) => {
      const output = lines.join('\n');
      if (code === 0) resolve({ output });
      // The only signal that we send is the one of the time limit.
      else resolve({ output, fault: signal ? `ended by ${signal}` : `exit code ${code}` });
    });
  });

/** The file name of a program on this platform. */
export const programName = (name: string): string =>
  process.platform === 'win32' ? `${name}.exe` : name;

/** The first executable file of that name in the folders. */
export const findProgram = (name: string, folders: readonly string[]): string | undefined =>
  folders.map((folder) => join(folder, programName(name))).find(isExecutable);

/** Is there a file that we may run? */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there or not ours to run: for a search the same.
  }
};
