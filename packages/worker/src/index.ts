// What @pawl/worker offers: tasks, their outcomes, and the worker that runs them.
export { pending, Pending, type PendingOptions } from './pending.ts';
export { failed, permanentError, TaskError, type TaskErrorOptions } from './task-error.ts';
export { builtInTasks } from './built-in/built-in-tasks.ts';
export { task } from './task.ts';
export type { Task, TaskClass, TaskContext, TaskFunction, TaskObject, TaskResult } from './task.ts';
export { DEFAULT_SLOTS, type SlotOptions, type Slots } from './slots.ts';
export { startWorker } from './worker.ts';
export type { Worker, WorkerOptions } from './worker.ts';
export type { StopOptions } from './stop-worker.ts';
export type { WorkerStats } from './stats.ts';
