// The parts of XState's actors that the fold touches, typed narrowly: the one door to XState's
// insides.
import type { AnyActorLogic, AnyActorRef, StateNode } from 'xstate';

/** An event as machines see it. */
export interface MachineEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A state node, as far as the fold reads it. */
export type RunningNode = Pick<StateNode, 'id' | 'order' | 'type' | 'ownEvents' | 'tags'>;

/** A live snapshot: of a machine, a transition function, a command or a remote actor. */
export interface RunningSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly output: unknown;
  readonly error: unknown;
  /** Machines and transition functions. Replaced after a step by what survives encoding. */
  context?: unknown;
  /** The rest: machines only. */
  readonly value?: unknown;
  tags?: ReadonlySet<string>;
  readonly children?: Readonly<Record<string, RunningRef | undefined>>;
  readonly historyValue?: Readonly<Record<string, readonly RunningNode[]>>;
  readonly _nodes?: RunningNode[];
  /** Is the event taken? `E: {}` takes it and does nothing; XState's own `can` says no to that. */
  takes?(event: MachineEvent): boolean;
}

/** A running actor. */
export interface RunningRef {
  /** Noted the first time that the system asks for it. */
  path?: string | undefined;
  /** It was told to stop. */
  isStopping?: boolean;
  readonly id: string;
  readonly src: unknown;
  readonly systemId?: string | undefined;
  readonly logic: AnyActorLogic;
  readonly _parent?: RunningRef;
  readonly _syncSnapshot?: boolean | undefined;
  send(event: MachineEvent): void;
  _send(event: MachineEvent): void;
  start(): void;
  getSnapshot(): RunningSnapshot;
}

/** XState's reference, seen narrowly. */
export const asRunning = (ref: AnyActorRef): RunningRef => ref as unknown as RunningRef;

/** Is this value in a context a reference to an actor? XState's own test. */
export const isActorRef = (value: object): value is RunningRef =>
  'sessionId' in value && 'send' in value && 'ref' in value;

/** Does this logic run inside the fold as a statechart? */
export const isMachineSnapshot = (
  snapshot: RunningSnapshot,
): snapshot is RunningSnapshot & Required<Pick<RunningSnapshot, '_nodes' | 'value'>> =>
  snapshot._nodes !== undefined;
