// Reads what only the server's monitoring pages tell: how often JetStream syncs, and its limit.
import { PawlError } from '@pawl/core';
import { withoutLogin } from '@pawl/jetstream';

/** One server. */
export interface MonitorReading {
  readonly url: string;
  readonly isSyncAlways: boolean;
  /** How often it syncs otherwise, ms. */
  readonly syncIntervalMs: number;
  readonly usedBytes: number;
  /** `max_file_store`. */
  readonly maxBytes: number | undefined;
}

interface JetStreamPage {
  readonly storage?: number;
  readonly config?: {
    readonly sync_always?: boolean;
    readonly sync_interval?: number;
    readonly max_storage?: number;
  };
}

/** A login in the address, as a proxy before the page takes it. */
const headersOf = (address: string): Record<string, string> => {
  const { username, password } = new URL(address);
  if (username === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
};

/** Reads `/jsz` of a server. Throws `no-answer` when it cannot be read. */
export const readMonitor = async (address: string, timeoutMs: number): Promise<MonitorReading> => {
  const url = withoutLogin(address);
  let page: JetStreamPage;
  try {
    const headers = headersOf(address);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(new URL('/jsz', url), { headers, signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    page = (await answer.json()) as JetStreamPage;
  } catch (error) {
    throw new PawlError(
      'no-answer',
      `The monitoring page ${url}/jsz cannot be read (${String(error)}). Name the address of ` +
        '`http` in the configuration of nats-server, such as --monitor http://127.0.0.1:8222.',
      { cause: error },
    );
  }
  return {
    url,
    isSyncAlways: page.config?.sync_always === true,
    syncIntervalMs: (page.config?.sync_interval ?? 0) / 1_000_000,
    usedBytes: page.storage ?? 0,
    maxBytes: page.config?.max_storage,
  };
};
