// The contract of a job as data: what `client.run` puts into the create input of a `job` actor.
import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { CommandContract } from '../command.ts';
import type { FoldedContract } from '../fold/contract.ts';

/** A contract without its schemas: both ends validate, the job only carries. */
export type JobContract = Omit<CommandContract, 'input' | 'output' | 'job' | 'queue' | 'poll'> & {
  readonly queue?: CommandContract['queue'];
  readonly poll?: CommandContract['poll'];
};

/** The contract without its schemas. */
export const carriedContract = (contract: CommandContract): JobContract => {
  const { name, service, queue, retry, timeoutMs, deadlineMs, poll, encoding } = contract;
  return {
    name,
    service,
    retry,
    timeoutMs,
    deadlineMs,
    encoding,
    ...(queue !== undefined && { queue }),
    ...(poll !== undefined && { poll }),
  };
};

/** Create input of a `job` actor. */
export interface JobInput {
  readonly contract: JobContract;
  readonly input: unknown;
}

/** Actor logic of the one command of a job; its contract stands in its input. */
export interface JobCommand extends PromiseActorLogic<unknown, JobInput> {
  readonly isJobCommand: true;
}

/** The command of a job. */
export const jobCommand: JobCommand = {
  ...fromPromise<unknown, JobInput>(() =>
    Promise.reject(new Error('A job is folded by a host. In a test, use testActor().')),
  ),
  isJobCommand: true,
};

/** Is this the command of a job? */
export const isJobCommand = (logic: unknown): logic is JobCommand =>
  typeof logic === 'object' && logic !== null && 'isJobCommand' in logic;

/** The contract in a job's input. */
export const jobContractOf = (input: unknown): FoldedContract => {
  const { contract } = input as JobInput;
  return { ...contract, queue: contract.queue };
};

/** The command's input in a job's input. */
export const jobInputOf = (input: unknown): unknown => (input as JobInput).input;
