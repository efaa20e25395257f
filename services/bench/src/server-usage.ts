// The processor time of nats-server, from Linux' /proc.
import { readFile } from 'node:fs/promises';

/** Clock ticks a second: 100 on every Linux that Node runs on. */
const TICK_MS = 10;
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

/** User and system time of a process since it started, ms; undefined where there is no /proc. */
export const processCpuMs = async (pid: number): Promise<number | undefined> => {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name of the program is in brackets and may itself have spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) * TICK_MS;
};
