// Backup and restore of a stream, as `nats stream backup` and `nats stream restore` do it.
import { PawlError, type Connection } from 'pawl';

/** A stream as its backup holds it. */
export interface StreamBackup {
  readonly name: string;
  /** What the broker says of it, given back as it is. */
  readonly about: { readonly config: object; readonly state: object };
  readonly chunks: readonly Uint8Array[];
}

interface Answer {
  readonly error?: { readonly description: string };
  readonly deliver_subject?: string;
  readonly config: object;
  readonly state: object;
}

const ask = async ({ nats }: Connection, subject: string, body: Uint8Array): Promise<Answer> => {
  const answer = (await nats.request(subject, body, { timeout: 20_000 })).json<Answer>();
  if (answer.error) throw new PawlError('broker-refused', answer.error.description);
  return answer;
};

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Reads a whole stream, with its consumers or without. */
export const backUp = async (
  connection: Connection,
  name: string,
  hasConsumers: boolean,
): Promise<StreamBackup> => {
  const { nats } = connection;
  const deliver_subject = `backup.${name}`;
  const chunks: Uint8Array[] = [];
  const isOver = new Promise<void>((resolve, reject) => {
    const subscription = nats.subscribe(deliver_subject, {
      callback: (error, message) => {
        if (error) reject(error);
        else if (message.data.length > 0) {
          chunks.push(Uint8Array.from(message.data));
          message.respond();
        } else {
          subscription.unsubscribe();
          resolve();
        }
      },
    });
  });
  const wish = encode({ deliver_subject, no_consumers: !hasConsumers, chunk_size: 65_536 });
  const { config, state } = await ask(connection, `$JS.API.STREAM.SNAPSHOT.${name}`, wish);
  await isOver;
  return { name, about: { config, state }, chunks };
};

/** Makes the stream on another server. */
export const restore = async (
  connection: Connection,
  { name, about, chunks }: StreamBackup,
): Promise<void> => {
  const answer = await ask(connection, `$JS.API.STREAM.RESTORE.${name}`, encode(about));
  const subject = answer.deliver_subject ?? '';
  for (const chunk of chunks) await connection.nats.request(subject, chunk, { timeout: 20_000 });
  await ask(connection, subject, new Uint8Array());
};
