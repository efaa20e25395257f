// What every client and operator opens: the inbox of answers, listeners, and the end of both.
import { checkName, PawlError, silentLog, systemClock, TokenTable } from '@pawl/core';
import type { Clock, Log, Ports } from '@pawl/core';
import { openAnswerInbox } from './answer-inbox.ts';
import type { ClientShell } from './client-shell.ts';
import { createTypeDirectory } from './type-directory.ts';

/** Options of whatever talks to hosts. */
export interface ShellOptions {
  readonly ports: Ports;
  /** Its token in `pawl.answer.<name>.…`, for permissions. Default: `client` or `operator`. */
  readonly name?: string;
  /** Who claims to send, unless a call says otherwise. Default: nobody. */
  readonly by?: string;
  /** How long calls wait for an answer, ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Called with each line. Default: silence. */
  readonly log?: Log;
  /** Makes ids of calls that name none. Default: random UUIDs. */
  readonly createId?: () => string;
}

const TIMEOUT_MS = 10_000;

/** A set of listeners that can be called all at once. */
const createSignal = (): { readonly on: (listener: () => void) => () => void; fire(): void } => {
  const listeners = new TokenTable<() => void>();
  return {
    on: (listener) => {
      const token = listeners.add(listener);
      return () => void listeners.remove(token);
    },
    fire: () => {
      for (const [, listener] of listeners.entries()) listener();
    },
  };
};

/** An open shell, and how it ends. */
export interface OpenShell {
  readonly shell: ClientShell;
  /** Ends all waits with `closed`. */
  readonly close: () => Promise<void>;
}

/** Opens a shell. Throws `invalid-name`. */
export const openShell = (options: ShellOptions, defaultName: string): OpenShell => {
  const { ports, name = defaultName, by, timeoutMs = TIMEOUT_MS } = options;
  const { clock = systemClock, log = silentLog } = options;
  const { createId = (): string => crypto.randomUUID() } = options;
  checkName('client', name);
  const inbox = openAnswerInbox(ports, name, createId(), log);
  const reconnected = createSignal();
  const closed = createSignal();
  let isOpen = true;
  const connection = ports.bus.onConnection((state) => {
    if (state === 'connected') reconnected.fire();
  });
  const shell: ClientShell = {
    ports,
    clock,
    log,
    by,
    timeoutMs,
    createId,
    inbox,
    types: createTypeDirectory(ports, clock),
    checkOpen: () => {
      if (!isOpen) throw new PawlError('closed', 'This client has been closed: open another one.');
    },
    onReconnect: reconnected.on,
    onClose: closed.on,
  };
  return {
    shell,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      closed.fire();
      connection.stop();
      inbox.close();
    },
  };
};
