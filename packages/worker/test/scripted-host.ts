// A host by script: publishes commands, says which are pending, and shows the replies.
import { decodeBody, encodeBody, encodeJson, HEADER, parseKind } from '@pawl/core';
import type { ActorAddress, CommandBody, CommandSubject, ReplyBody } from '@pawl/core';
import { createMemoryBroker, createVirtualClock } from '@pawl/testing';
import type { MemoryBroker, MemoryPorts, VirtualClock } from '@pawl/testing';

/** What a test wants different from an ordinary command. */
export type CommandChanges = Partial<Omit<CommandBody, 'actor'>> & { readonly body?: Uint8Array };

/** The host, and the broker that it shares with the worker under test. */
export interface ScriptedHost {
  readonly broker: MemoryBroker;
  readonly clock: VirtualClock;
  /** A connection for the worker. */
  readonly workerPorts: MemoryPorts;
  readonly ports: MemoryPorts;
  readonly actor: ActorAddress;
  /** Publishes a command of the service `storage`. Returns its id. */
  publish(task: string, input: unknown, changes?: CommandChanges): Promise<string>;
  cancel(id: string): void;
  /** Answers pending questions from now on: are these still waited for? */
  answerPending(isPending: (generation: string) => boolean): void;
  /** Pending questions asked so far. */
  asked(): number;
  replies(): readonly (ReplyBody & { readonly cause: string | undefined })[];
}

/** A host on a broker of its own. */
export const createScriptedHost = (): ScriptedHost => {
  const clock = createVirtualClock();
  const broker = createMemoryBroker({ clock });
  const ports = broker.ports('host');
  const actor = { type: 'volume', id: 'vol-1' };
  let asked = 0;
  let count = 0;

  return {
    broker,
    clock,
    ports,
    workerPorts: broker.ports('worker'),
    actor,
    publish: async (task, input, changes = {}) => {
      count += 1;
      const { body, ...fields } = changes;
      const generation = fields.generation ?? `${count}-0-abcdefgh`;
      const id = `volume/vol-1/create@${generation}`;
      const command: CommandBody = {
        task,
        actor,
        path: 'create',
        generation,
        input,
        attempt: 1,
        idempotencyKey: id,
        class: 'regular',
        timeoutMs: 60_000,
        deadlineAt: clock.now() + 3_600_000,
        decidedAt: clock.now(),
        ...fields,
      };
      const subject: CommandSubject = {
        class: command.class,
        service: 'storage',
        task,
        actor,
        generation,
      };
      await ports.commands.publish({
        subject,
        messageId: id,
        body: body ?? encodeBody(command),
        headers: { [HEADER.traceparent]: '00-trace' },
      });
      return id;
    },
    cancel: (id) => {
      const body = { id, actor, path: 'create', generation: id.slice(id.indexOf('@') + 1) };
      ports.bus.publish(ports.subjects.cancel('storage'), encodeJson(body));
    },
    answerPending: (isPending) => {
      ports.bus.subscribe(ports.subjects.pending(actor), (message) => {
        asked += 1;
        const { generation } = decodeBody(message.body);
        message.respond(encodeJson({ pending: isPending(String(generation)) }));
      });
    },
    asked: () => asked,
    replies: () =>
      broker
        .entries(actor)
        .filter(({ kindToken }) => parseKind(kindToken)?.kind === 'reply')
        .map(({ body, headers }) => ({
          ...(decodeBody(body) as unknown as ReplyBody),
          cause: headers[HEADER.cause],
        })),
  };
};
