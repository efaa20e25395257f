// Entries of the journal: what can happen to an actor. The journal is the inbox.
import type { ErrorData } from './errors.ts';
import type { Headers } from './headers.ts';
import type { ActorAddress } from './names.ts';

/** Who may append it is decided by the kind: a subject token, so permissions hold per kind. */
export type EntryKind = 'create' | 'event' | 'reply' | 'peer' | 'host' | 'admin' | 'timer';

/** JSON data: what bodies and contexts are made of. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object whose fields nobody has checked yet. */
export type Body = Readonly<Record<string, unknown>>;

/** An entry as the journal stores it: bytes not yet read. */
export interface StoredEntry extends ActorAddress {
  readonly sequence: number;
  /** Broker timestamp in ms since 1970. */
  readonly time: number;
  /** The kind token of the subject: `event`, `reply-storage`, … */
  readonly kindToken: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** An entry with its body read: what the fold takes. */
export interface Entry extends ActorAddress {
  readonly sequence: number;
  readonly time: number;
  readonly kind: EntryKind;
  /** Replies only: the service whose subject it came on. */
  readonly service?: string;
  readonly headers: Headers;
  readonly body: Body;
}

/** Body of `create`; of `child`, which only hosts may append, too: it has a parent. */
export interface CreateBody {
  readonly input?: unknown;
  /** Only in a `child`, the create by a parent's `remote`: who gets the end as an event. */
  readonly parent?: ParentLink;
}

/** The invoke of a parent that waits for the end of a remote child. */
export interface ParentLink extends ActorAddress {
  readonly path: string;
  readonly generation: string;
  /** In a create: actors above the parent, nearest first. What they hold covers the child. */
  readonly ancestors?: readonly ActorAddress[];
}

/** Body of `event`: the XState event itself. */
export interface EventBody {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Body of `reply`: how one attempt of a command ended. Names task, path and generation. */
export type ReplyBody = {
  readonly task: string;
  readonly path: string;
  readonly generation: string;
  /** Did a poll succeed since the attempt began? Then attempts start again. */
  readonly polled?: boolean;
} & (
  | { readonly outcome: 'done'; readonly output?: unknown }
  | { readonly outcome: 'failed'; readonly error: ErrorData }
  | { readonly outcome: 'cancelled' }
);

/** Position of a peer event among all that its sender published: (sequence, n). */
export interface PeerMark {
  readonly sequence: number;
  readonly n: number;
  /** The sender has reported its end: its mark is the first to be forgotten. */
  readonly ended?: true;
}

/** Body of `peer`: an event from another actor, with the sender's position. */
export interface PeerBody {
  readonly from: ActorAddress & PeerMark;
  readonly event: EventBody;
}

/** Events between actors that the runtime itself sends as `peer`. */
export type PeerSignal =
  | { readonly type: 'pawl.stop'; readonly parent: ParentLink }
  | {
      readonly type: 'pawl.child-done';
      readonly path: string;
      readonly generation: string;
      readonly output?: unknown;
    }
  | {
      readonly type: 'pawl.child-failed';
      readonly path: string;
      readonly generation: string;
      readonly error: ErrorData;
    };

/** What passes between the holder of a permit and the limit, as `peer`. */
export type PermitSignal =
  /** To the limit. A repeat of a request that is held is granted again. */
  | {
      readonly type: 'pawl.acquire';
      readonly scope: string;
      readonly max: number;
      readonly path: string;
      readonly generation: string;
      /** Actors above the one that asks, nearest first. */
      readonly parents?: readonly ActorAddress[];
    }
  | {
      readonly type: 'pawl.release';
      readonly scope: string;
      readonly path: string;
      readonly generation: string;
    }
  /** From the limit. Whoever does not want it any more answers with a release. */
  | {
      readonly type: 'pawl.granted';
      readonly scope: string;
      readonly path: string;
      readonly generation: string;
    }
  | {
      readonly type: 'pawl.queued';
      readonly scope: string;
      readonly path: string;
      readonly generation: string;
      readonly behind?: ActorAddress;
    };

/** Body of `host`: what a host decided about an actor. */
export type HostBody =
  | { readonly type: 'born'; readonly version: string }
  | { readonly type: 'expired'; readonly path: string; readonly generation: string }
  /** A remote child could not be created, for instance because another owns its id. */
  | {
      readonly type: 'child-failed';
      readonly path: string;
      readonly generation: string;
      readonly error: ErrorData;
    }
  | { readonly type: 'faulted'; readonly sequence: number; readonly error: ErrorData };

/** Body of `timer`: which timer fired. The event stands in the pending table. */
export interface TimerBody {
  readonly key: string;
  readonly generation: string;
}
