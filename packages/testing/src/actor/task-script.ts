// Scripts: what a task answers in a test, call by call.
import { PawlError, type ErrorData } from '@pawl/core';
import { TaskError, pending as pendingOnce, type Pending, type TaskContext } from '@pawl/worker';

/** A failed attempt with a code of its own. Retryable unless it says otherwise. */
export const failed = (
  error: Pick<ErrorData, 'code'> & Partial<Omit<ErrorData, 'code'>>,
): TaskError => {
  const { code, message = `scripted failure ${code}`, retryable = true, details } = error;
  return new TaskError(code, message, { retryable, ...(details !== undefined && { details }) });
};

/** So many polls that answer "still at work". */
export class Polls {
  readonly times: number;

  constructor(times: number) {
    this.times = times;
  }
}

/** Answers `pending` so many times, by default for ever. In a list, what follows comes after. */
export const pending = (times: number = Infinity): Polls => new Polls(times);

/** What `never` is. */
export class Unanswered {
  readonly isAnswered = false;
}

/** No worker takes the command: no reply, no timeout of an attempt, only its deadline. */
export const never: Unanswered = new Unanswered();

/** What one call of a task may be scripted to do. */
export type ScriptedOutcome<Output> = Output | TaskError | Pending | Polls | Unanswered;

/** A task written for a test. A throw is a failed attempt. */
export type ScriptedTask<Input, Output> = (
  input: Input,
  context: TaskContext,
) => Output | TaskError | Pending | Promise<Output | TaskError | Pending>;

/**
 * What a task does: a function for each call, one outcome for all calls, or a list with an outcome
 * or function for each call. A list that is over fails the test.
 */
export type TaskScript<Input, Output> =
  | ScriptedTask<Input, Output>
  | TaskError
  | Polls
  | Unanswered
  | readonly (ScriptedOutcome<Output> | ScriptedTask<Input, Output>)[];

/** Its types were checked where it was written. */
type AnyScriptedTask = (input: unknown, context: TaskContext) => unknown;

/** Plays one script, from its first call to the last. */
export class ScriptPlayer {
  readonly #name: string;
  readonly #steps: unknown[];
  readonly #isList: boolean;
  #polled = 0;

  constructor(name: string, script: unknown) {
    this.#name = name;
    this.#isList = Array.isArray(script);
    this.#steps = Array.isArray(script) ? [...(script as readonly unknown[])] : [script];
  }

  /** Takes the next step if it is `never`: then the command is not even published. */
  takesNever(): boolean {
    if (!(this.#steps[0] instanceof Unanswered)) return false;
    if (this.#isList) this.#steps.shift();
    return true;
  }

  /** One call of the task. Throws `task-missing` when the script is over. */
  play(input: unknown, context: TaskContext): unknown {
    const [step] = this.#steps;
    if (this.#steps.length === 0)
      throw new PawlError(
        'task-missing',
        `The script of ${this.#name} is over, and the task is called once more (attempt ` +
          `${context.attempt}): add an outcome to the list, or use a function.`,
      );
    if (step instanceof Polls) return this.#poll(step, input, context);
    if (this.#isList) this.#steps.shift();
    if (step instanceof Unanswered) return new Promise(() => undefined);
    return typeof step === 'function' ? (step as AnyScriptedTask)(input, context) : step;
  }

  #poll(polls: Polls, input: unknown, context: TaskContext): unknown {
    if (this.#polled < polls.times) {
      this.#polled += 1;
      return pendingOnce();
    }
    this.#polled = 0;
    this.#steps.shift();
    return this.play(input, context);
  }
}
