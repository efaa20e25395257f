// One subscription for all answers to a client's entries: `pawl.answer.<client>.<instance>.<n>`.
import { decodeBody, errorFields, PawlError, TokenTable } from '@pawl/core';
import type { Answer, BusMessage, BusSubscription, Log, Ports } from '@pawl/core';

/** An answer that is still to come. */
export interface AwaitedAnswer {
  /** For `Pawl-Answer-To`. */
  readonly subject: string;
  /** Never rejects, and never resolves when no answer comes. */
  readonly answer: Promise<Answer>;
  /** No longer interested. */
  forget(): void;
}

/** Where answers arrive. */
export interface AnswerInbox {
  expect(): AwaitedAnswer;
  close(): void;
}

const isAnswer = (body: object): boolean =>
  'sequence' in body && typeof body.sequence === 'number' && 'outcome' in body;

/** Opens the inbox. `instance` keeps two clients of the same name apart. */
export const openAnswerInbox = (
  ports: Ports,
  client: string,
  instance: string,
  log: Log,
): AnswerInbox => {
  const waiting = new TokenTable<(answer: Answer) => void>();

  const onAnswer = ({ subject, body }: BusMessage): void => {
    const token = Number(subject.slice(subject.lastIndexOf('.') + 1));
    const resolve = waiting.get(token);
    if (resolve === undefined) return; // Too late, or asked twice.
    try {
      const answer = decodeBody(body);
      if (!isAnswer(answer)) throw new PawlError('invalid-body', 'It is no answer.');
      waiting.remove(token);
      resolve(answer as unknown as Answer);
    } catch (error) {
      log('warn', 'An answer could not be read', { subject, ...errorFields(error) });
    }
  };
  /** With the first entry: who only looks needs no right to answers. */
  let subscription: BusSubscription | undefined;

  return {
    expect: () => {
      subscription ??= ports.bus.subscribe(
        ports.subjects.answer(client, `${instance}.*`),
        onAnswer,
      );
      let token = 0;
      const answer = new Promise<Answer>((resolve) => (token = waiting.add(resolve)));
      const subject = ports.subjects.answer(client, `${instance}.${token}`);
      return { subject, answer, forget: () => void waiting.remove(token) };
    },
    close: () => {
      subscription?.stop();
    },
  };
};
