// Answers questions about actors: their state, their history, whether a command is still pending.
import {
  checkAddress,
  decodeBody,
  encodeJson,
  errorDataOf,
  errorFields,
  partitionOf,
  PawlError,
  permitPageOf,
  stateViewOf,
  type ActorAddress,
  type ActorState,
  type BusMessage,
  type BusSubscription,
  type ListQuestion,
  type PendingReply,
  type Question,
  type QuestionReply,
} from '@pawl/core';
import type { ResidentActor } from '../actor/resident-actor.ts';
import type { HostContext } from '../host-context.ts';
import { shortened, tooLargeToRead } from '../actor/answers.ts';
import type { Partition } from '../partition/partition.ts';
import { answerAgain, entryAt } from './answer-again.ts';
import { currentActor, type CurrentActor } from './current-actor.ts';
import { historyOf } from './history.ts';

/** Starts to answer the questions about all types of a service. */
export const answerQuestions = (
  context: HostContext,
  partitions: readonly Partition[],
): readonly BusSubscription[] => {
  const { ports, catalog, service } = context;
  const { bus, subjects } = ports;
  const queue = `host-${service}`;
  return catalog.types.flatMap((type) => {
    const any = { type, id: '*' };
    return [
      bus.subscribe(
        subjects.query(any),
        respondWith(context, (actor, body) => answerQuestion(context, partitions, actor, body)),
        { queue },
      ),
      bus.subscribe(
        subjects.pending(any),
        respondWith(context, (actor, body) => answerPending(context, partitions, actor, body)),
        { queue },
      ),
      bus.subscribe(subjects.list(type, '*'), (message) => {
        void answerList(context, partitions, type, message);
      }),
    ];
  });
};

type Body = ReturnType<typeof decodeBody>;

/** Reads the actor from the subject's last two tokens and answers with JSON, errors included. */
const respondWith =
  (
    { log }: HostContext,
    answer: (actor: ActorAddress, body: Body) => Promise<QuestionReply | PendingReply>,
  ) =>
  (message: BusMessage): void => {
    const [type = '', id = ''] = message.subject.split('.').slice(-2);
    void (async () => {
      let reply: QuestionReply | PendingReply | undefined;
      try {
        checkAddress({ type, id });
        reply = await answer({ type, id }, decodeBody(message.body));
        message.respond(encodeJson(reply));
      } catch (error) {
        log('warn', `A question about ${type}/${id} failed`, errorFields(error));
        const why = tooLargeToRead({ type, id }, 'What was asked of', error);
        respondError({ log }, message, why, reply);
      }
    })();
  };

/** A reply may be too large, and the connection may be closed: tell what can be told. */
const respondError = (
  { log }: Pick<HostContext, 'log'>,
  message: BusMessage,
  error: unknown,
  reply?: QuestionReply | PendingReply,
): void => {
  const isTooLarge = error instanceof PawlError && error.code === 'payload-too-large';
  const short: QuestionReply =
    isTooLarge && reply !== undefined && 'answer' in reply
      ? { answer: shortened(reply.answer, error) }
      : { error: errorDataOf(error, 'broker-refused') };
  try {
    message.respond(encodeJson(short));
  } catch (unsent) {
    log('debug', `No answer could be sent on ${message.subject}`, errorFields(unsent));
  }
};

const find = (
  context: HostContext,
  partitions: readonly Partition[],
  actor: ActorAddress,
  atLeast?: number,
): Promise<CurrentActor> => {
  const number = partitionOf(actor.type, actor.id, context.identity.partitions);
  const resident = residentOf(context, partitions, actor);
  return currentActor(context, number, resident, actor, atLeast);
};

const residentOf = (
  { identity }: HostContext,
  partitions: readonly Partition[],
  actor: ActorAddress,
): ResidentActor | undefined =>
  partitions[partitionOf(actor.type, actor.id, identity.partitions)]?.resident(actor);

const ASKED: ReadonlySet<string> = new Set<Question['ask']>([
  'state',
  'history',
  'entry',
  'answer',
  'permits',
]);

const answerQuestion = async (
  context: HostContext,
  partitions: readonly Partition[],
  actor: ActorAddress,
  body: Body,
): Promise<QuestionReply> => {
  const question = body as unknown as Question;
  if (!ASKED.has(question.ask))
    throw new PawlError('invalid-body', `A question asks for one of: ${[...ASKED].join(', ')}.`);
  if (question.ask === 'entry') return { entry: await entryAt(context, actor, question.sequence) };
  const resident = residentOf(context, partitions, actor);
  const atLeast = question.ask === 'state' ? question.atLeast : undefined;
  const current = await find(context, partitions, actor, atLeast);
  if (question.ask === 'answer')
    return { answer: await answerAgain(context, resident, current, actor, question.sequence) };
  const { state, parked } = current;
  if (question.ask === 'history')
    return historyOf(context, actor, question.from, question.limit, state?.fault);
  if (state === undefined) {
    if (parked !== undefined) return { error: { code: 'actor-parked', message: parked.message } };
    const message = `${actor.type}/${actor.id} has not been created.`;
    return { error: { code: 'no-such-actor', message, retryable: false } };
  }
  if (question.ask === 'permits') return permitsOf(state, question.after, question.limit);
  const machine = context.catalog.get(state.type, state.version);
  if (machine === undefined) {
    const message = `No machine of ${state.type} version ${state.version} here.`;
    return { error: { code: 'version-missing', message, retryable: true } };
  }
  const view = stateViewOf(machine, state);
  return { state: parked === undefined ? view : { ...view, parked } };
};

const permitsOf = (state: ActorState, after?: number, limit?: number): QuestionReply => {
  const permits = permitPageOf(state, after, limit);
  if (permits !== undefined) return { permits };
  const message = `${state.type}/${state.id} is no limit: only limits have permits.`;
  return { error: { code: 'unknown-type', message, retryable: false } };
};

const answerPending = async (
  context: HostContext,
  partitions: readonly Partition[],
  actor: ActorAddress,
  body: Body,
): Promise<PendingReply> => {
  const { state, parked } = await find(context, partitions, actor);
  const pending = state?.pending.commands[String(body['path'])];
  const isPending = pending?.generation === body['generation'] && pending?.status === 'running';
  // Whoever has folded on may wait for it: a worker that hears an error keeps the command.
  if (!isPending && parked !== undefined) throw new PawlError('actor-parked', parked.message);
  return { pending: isPending };
};

/** Only the holder of the partition answers, or any host when nobody has it. */
const answerList = async (
  { log }: HostContext,
  partitions: readonly Partition[],
  type: string,
  message: BusMessage,
): Promise<void> => {
  const partition = partitions[Number(message.subject.slice(message.subject.lastIndexOf('.') + 1))];
  try {
    const question = decodeBody(message.body) as ListQuestion;
    const reply = await partition?.list(type, question);
    if (reply !== undefined) message.respond(encodeJson(reply));
  } catch (error) {
    log('warn', `A list of ${type} failed`, errorFields(error));
    respondError({ log }, message, error);
  }
};
