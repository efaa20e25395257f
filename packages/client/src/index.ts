// What @pawl/client offers: a client, handles of actors, their states and the errors of both.
export { holderOf, isUnheldForSure } from './operator/operated-limits.ts';
export type { LimitView, OperatedLimits, UnheldPermit } from './operator/operated-limits.ts';
export { isUntilResumed } from './operator/operated-queues.ts';
export type { OperatedQueues, PauseOptions, QueueFilter } from './operator/operated-queues.ts';
export { openClient } from './client.ts';
export type { Client, ClientOptions } from './client.ts';
export type { ActorHandle, HistoryOptions } from './actor-handle.ts';
export { snapshotOfView } from './actor-snapshot.ts';
export type { ActorSnapshot, ValueOf } from './actor-snapshot.ts';
export { stateOfAnswer } from './read-answer.ts';
export type { CreateOptions } from './create-actor.ts';
export type { SendOptions } from './send-event.ts';
export type { WaitOptions } from './wait-for-state.ts';
export type { ListOptions } from './list-actors.ts';
export type { RunOptions } from './run-job.ts';
export type { StateObserver, StateSubscription } from './observers.ts';
export {
  ActorExistsError,
  ActorFaultedError,
  CommandFailedError,
  EventRefusedError,
  OutcomeUnknownError,
  WaitTimeoutError,
} from './client-error.ts';
export { openOperator } from './operator/operator.ts';
export type { Injection, OperatedActor, Operator, OperatorOptions } from './operator/operator.ts';
export type { OperatedLetters } from './operator/dead-letter-orders.ts';
export type { FoldAgainOptions } from './operator/fold-actor-again.ts';
export type { OrderOptions, OrderResult } from './operator/give-order.ts';
export type { StuckActor, StuckOptions, StuckWait } from './operator/stuck-actors.ts';
