// What the fold needs to know of a command: from the contract of the machine, or from a job's
// input.
import type { CommandContract } from '../command.ts';
import type { Schema } from '../schema.ts';

/** A contract whose schemas may be unknown: a job's input carries the rest as data. */
export type FoldedContract = Omit<CommandContract, 'input' | 'output' | 'poll' | 'job'> & {
  readonly input?: Schema;
  readonly output?: Schema;
  /** Class set where the command was put into `setup()` (`onQueue`): goes before all others. */
  readonly queueOverride?: CommandContract['queue'];
};
