// Measures what a grant costs when few and when many wait, through a real host and nats-server.
import { connect, openClient, openOperator, portsOf, provision, startNatsServer } from 'pawl';
import type { Client, Connection, Operator } from 'pawl';
import { createProgress } from './progress.ts';
import { startRole, type RoleProcess } from './role-process.ts';
import { processCpuMs } from './server-usage.ts';
import { PLACES, ticket, TICKET_SCOPE } from './ticket.machine.ts';

const FEW = 10;
const MANY = 10_000;
/** Enough for the engines to have compiled what is hot. */
const WARM_UP_GRANTS = 3000;
const GRANTS = 3000;
/** Cost of a grant with many in the queue over that with few. */
const RATIO_MAX = 2;
const CREATES_AT_ONCE = 100;
const LOOK_MS = 100;

/** What one queue came to. */
interface Measured {
  readonly waiting: number;
  readonly grantsPerSecond: number;
  /** CPU of a create, a request, a grant and a release together, µs. `server`: /proc only. */
  readonly hostMicros: number;
  readonly serverMicros: number | undefined;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tickets of one run. Each that is over is followed by a new one, so the queue stays as it is. */
class Tickets {
  over = 0;
  #made = 0;
  #isEnded = false;
  #failure: unknown;
  readonly #client: Client;
  readonly #stop: () => void;
  readonly #waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();

  constructor(connection: Connection, client: Client) {
    this.#client = client;
    const { bus, subjects } = portsOf({ connection });
    const seen = new Set<string>();
    const subscription = bus.subscribe(subjects.state({ type: 'ticket', id: '*' }), (message) => {
      const id = message.subject.slice(message.subject.lastIndexOf('.') + 1);
      const { status } = JSON.parse(new TextDecoder().decode(message.body)) as { status: string };
      if (status !== 'done' || seen.has(id) || this.#isEnded) return;
      seen.add(id);
      this.#onOver();
    });
    this.#stop = () => subscription.stop();
  }

  /** Creates so many, each answered. */
  async queue(count: number): Promise<void> {
    for (let left = count; left > 0; left -= CREATES_AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(left, CREATES_AT_ONCE) }, () => this.#create()),
      );
  }

  /** Resolves when so many more are over. */
  async after(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.add({ at: this.over + count, resolve });
    });
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  end(): void {
    this.#isEnded = true;
    this.#stop();
  }

  async #create(): Promise<void> {
    this.#made += 1;
    await this.#client.actor(ticket, `ticket-${this.#made}`).create({ isKeeping: false });
  }

  #onOver(): void {
    this.over += 1;
    this.#create().catch((error: unknown) => {
      if (!this.#isEnded) this.#failure ??= error;
    });
    for (const waiter of this.#waiting)
      if (this.over >= waiter.at || this.#failure !== undefined) {
        this.#waiting.delete(waiter);
        waiter.resolve();
      }
  }
}

const untilQueued = async (operator: Operator, waiting: number): Promise<void> => {
  for (;;) {
    for await (const limit of operator.limits.list())
      if (limit.scope === TICKET_SCOPE && limit.waiting === waiting) return;
    await pause(LOOK_MS);
  }
};

const measureQueue = async (
  url: string,
  pid: number,
  host: RoleProcess,
  waiting: number,
): Promise<Measured> => {
  const connection = await connect({ servers: url });
  const client = openClient({ connection });
  const operator = openOperator({ connection, by: 'bench' });
  const tickets = new Tickets(connection, client);
  const keepers = Array.from({ length: PLACES }, (_, n) => client.actor(ticket, `keeper-${n}`));
  await Promise.all(keepers.map((keeper) => keeper.create({ isKeeping: true })));
  await tickets.queue(waiting);
  await untilQueued(operator, waiting);
  await Promise.all(keepers.map((keeper) => keeper.send({ type: 'FREE' })));
  await tickets.after(WARM_UP_GRANTS);
  const usage = async (): Promise<readonly [number, number | undefined]> => [
    (await host.usage()).cpuMs,
    await processCpuMs(pid),
  ];
  const [hostBefore, serverBefore] = await usage();
  const [overBefore, startedAt] = [tickets.over, performance.now()];
  await tickets.after(GRANTS);
  const [hostAfter, serverAfter] = await usage();
  const grants = tickets.over - overBefore;
  const seconds = (performance.now() - startedAt) / 1000;
  tickets.end();
  await operator.close();
  await client.close();
  await connection.close();
  const isKnown = serverBefore !== undefined && serverAfter !== undefined;
  return {
    waiting,
    grantsPerSecond: Math.round(grants / seconds),
    hostMicros: ((hostAfter - hostBefore) * 1000) / grants,
    serverMicros: isKnown ? ((serverAfter - serverBefore) * 1000) / grants : undefined,
  };
};

/** One queue, on a fresh server, with a fresh host. */
const measure = async (waiting: number): Promise<Measured> => {
  const server = await startNatsServer();
  try {
    const connection = await connect({ servers: server.url });
    await provision(connection);
    await connection.close();
    const host = await startRole({ name: 'limits-host', url: server.url });
    const measured = await measureQueue(server.url, server.pid, host, waiting);
    await host.stop();
    return measured;
  } finally {
    await server.stop();
  }
};

const lineOf = ({ waiting, grantsPerSecond, hostMicros, serverMicros }: Measured): string =>
  `${String(waiting).padStart(6)} wait\t${grantsPerSecond} grants/s\t` +
  `host ${hostMicros.toFixed(0)} µs CPU per grant\t` +
  `nats-server ${serverMicros?.toFixed(0) ?? '?'} µs`;

/** Runs the measurement; resolves to what is not good enough. */
export const runLimitsBench = async (): Promise<readonly string[]> => {
  const progress = createProgress(process.stderr);
  const measured: Measured[] = [];
  for (const waiting of [FEW, MANY]) {
    progress.begin(`${waiting} wait`, GRANTS);
    const result = await measure(waiting);
    progress.end(`${result.grantsPerSecond} grants/s`);
    console.log(lineOf(result));
    measured.push(result);
  }
  const [few, many] = measured;
  if (few === undefined || many === undefined) return [];
  const costOf = ({ hostMicros, serverMicros = 0 }: Measured): number => hostMicros + serverMicros;
  const ratio = costOf(many) / costOf(few);
  console.log(`many over few\t${ratio.toFixed(2)} (at most ${RATIO_MAX})`);
  return ratio > RATIO_MAX ? [`a grant costs ${ratio.toFixed(2)} of what it costs with few`] : [];
};
