// Lists say what the journal says, whoever is asked.
import { BUILT_IN_SERVICE } from '@pawl/host';
import type { Evidence } from '../evidence.ts';

/** A list by a client has each actor with its state. */
export const listsTheStates = async ({ world, states }: Evidence): Promise<readonly string[]> => {
  const client = [...world.places.values()].flatMap(({ running }) =>
    running?.role === 'client' ? [running.client] : [],
  )[0];
  if (client === undefined) return ['no client is left'];
  const types = [...new Set([...states.values()].map(({ type }) => type))];
  const problems: string[] = [];
  const listed = new Set<string>();
  const read = async (): Promise<void> => {
    for (const type of types)
      for await (const { id, sequence, value, status } of client.list(type)) {
        const key = `${type}/${id}`;
        listed.add(key);
        const state = states.get(key);
        const told = JSON.stringify([value, status]);
        const expected = state && JSON.stringify([state.snapshot.value, state.status]);
        // Entries that changed nothing may be missing in a line.
        if (state === undefined || told !== expected || sequence > state.sequence)
          problems.push(`${key} is listed as ${told}, and is ${expected}`);
      }
  };
  let isOver = false;
  const reading = read()
    .catch((error: unknown) => void problems.push(`a list failed: ${String(error)}`))
    .finally(() => (isOver = true));
  await world.time.runUntil(world.time.exact + 30_000, () => isOver);
  if (!isOver) return ['a list never ended'];
  await reading;
  for (const key of states.keys()) if (!listed.has(key)) problems.push(`${key} is not listed`);
  return problems;
};

/** Nothing is left in memory that nobody needs. */
export const leavesNothingBehind = ({ world }: Evidence): readonly string[] => {
  const { broker, scenario, places } = world;
  const problems: string[] = [];
  for (const service of [scenario.service, BUILT_IN_SERVICE])
    for (let partition = 0; partition < broker.journal.identity.partitions; partition += 1) {
      const queue = broker.partitions.find(service, partition)?.status();
      if (queue !== undefined && (queue.ackPending > 0 || queue.waiting > 0))
        problems.push(`partition ${partition} of ${service}: ${JSON.stringify(queue)}`);
    }
  for (const [queueClass, stream] of Object.entries(broker.commands))
    if (stream.queued.length > 0)
      problems.push(`${queueClass}: ${stream.queued.length} commands are left`);
  for (const { name, running } of places.values()) {
    if (running === undefined) problems.push(`${name} does not run`);
    const tasks = running?.role === 'client' ? 0 : (running?.worker?.stats().running ?? 0);
    if (tasks > 0) problems.push(`${name} still runs ${tasks} tasks`);
  }
  return problems;
};
