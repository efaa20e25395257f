// Does what a scenario says, through a client of the world or as a plain publisher.
import type { Client, Operator } from '@pawl/client';
import { encodeBody, HEADER, PawlError } from '@pawl/core';
import type { JournalStream } from '../memory/journal-stream.ts';
import { endOfError, type ActionEnd, type LedgerLine } from './ledger.ts';

/** What an action is done with. */
export interface Doer {
  readonly client: Client;
  readonly operator: () => Operator;
  readonly journal: JournalStream;
  readonly now: () => number;
}

const idOf = ({ messageId }: LedgerLine): string => messageId.slice(messageId.lastIndexOf('/') + 1);

/** Somebody's own publish, which reaches the broker at once. */
const publish = (journal: JournalStream, { action }: LedgerLine, messageId?: string): void => {
  const { type, id } = action;
  const isCreate = action.kind === 'plain-create';
  const body = isCreate ? { input: action.input } : 'event' in action ? action.event : {};
  const isStolen = action.kind === 'stolen-id';
  try {
    journal.append({
      type,
      id,
      kindToken: isCreate ? 'create' : 'event',
      body: encodeBody(isStolen ? { ...body, thief: true } : body),
      headers: {
        [HEADER.by]: 'plain',
        ...('version' in action && { [HEADER.version]: action.version }),
      },
      ...(messageId !== undefined && { messageId }),
      ...(isCreate && { expectedLastSequence: 0 }),
    });
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
  }
};

const perform = async (
  { client, operator, journal }: Doer,
  line: LedgerLine,
): Promise<number | undefined> => {
  const { action } = line;
  const { type } = action;
  const id = idOf(line);
  const handle = client.actor(type, action.id);
  switch (action.kind) {
    case 'create':
      return (await handle.create(action.input, { id })).sequence;
    case 'send':
      return (await handle.send(action.event, { id })).sequence;
    case 'stolen-id':
      publish(journal, line, line.messageId);
      return (await handle.send(action.event, { id })).sequence;
    case 'plain-create':
    case 'plain-send':
      publish(journal, line, line.messageId);
      return undefined;
    case 'load':
      return (await handle.load()).sequence;
    case 'job':
      await action.run(client, action.id);
      return undefined;
    case 'order':
      await action.run(operator());
      return undefined;
  }
};

/** Does it, and notes in its line how it ended. Never rejects but for a defect of the world. */
export const performAction = async (doer: Doer, line: LedgerLine): Promise<void> => {
  let end: ActionEnd;
  try {
    line.sequence = await perform(doer, line);
    end = { kind: 'acknowledged' };
  } catch (error) {
    end = endOfError(error);
  }
  line.end = end;
  line.endedAt = doer.now();
};
