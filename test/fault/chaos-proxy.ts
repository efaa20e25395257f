// A proxy before an HTTP API that misbehaves by a seed: delays, refuses, cuts, and sends twice.
import { Agent, createServer, request as send, type IncomingMessage } from 'node:http';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '@pawl/testing/simulation';

/** How often each thing happens: shares of all requests, 0 to 1. */
export interface ChaosRates {
  /** Forwarded late. */
  readonly delay: number;
  /** Answered 503 without being forwarded. */
  readonly refuse: number;
  /** The connection is cut, nothing was forwarded. */
  readonly cutBefore: number;
  /** Forwarded and applied; then the connection is cut instead of an answer. */
  readonly cutAfter: number;
  /** Forwarded twice; the answer is the first one's. */
  readonly twice: number;
}

/** What was done, counted. `pass`: nothing bad. */
export type ChaosCounts = Record<keyof ChaosRates | 'pass', number>;

/** Where to forward, and how to misbehave. */
export interface ChaosProxyOptions {
  /** Scheme, host and port of the API. */
  readonly target: string;
  readonly random: Random;
  readonly rates: Partial<ChaosRates>;
  /** Longest delay, ms. Default 400. */
  readonly delayMaxMs?: number;
  /** Which requests may be struck. Default: all. */
  readonly strikes?: (method: string, path: string) => boolean;
}

/** A proxy that listens. */
export interface ChaosProxy {
  /** Scheme, host and port. */
  readonly url: string;
  readonly counts: Readonly<ChaosCounts>;
  /** From now on everything passes. */
  calm(): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const REFUSAL: Answer = {
  status: 503,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from('The proxy refuses this one.'),
};

const KINDS = ['delay', 'refuse', 'cutBefore', 'cutAfter', 'twice'] as const;

/** Starts the proxy. The `Host` header stays, so addresses that the API gives lead here again. */
export const startChaosProxy = async (options: ChaosProxyOptions): Promise<ChaosProxy> => {
  const { target, random, rates, delayMaxMs = 400, strikes = () => true } = options;
  const agent = new Agent({ keepAlive: true });
  const counts: ChaosCounts = { pass: 0, delay: 0, refuse: 0, cutBefore: 0, cutAfter: 0, twice: 0 };
  let isCalm = false;

  const choose = (method: string, path: string): keyof ChaosCounts => {
    let draw = random.next();
    if (isCalm || !strikes(method, path)) return 'pass';
    for (const kind of KINDS) {
      draw -= rates[kind] ?? 0;
      if (draw < 0) return kind;
    }
    return 'pass';
  };

  const forward = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const { method = 'GET', url = '/', headers } = request;
    const call = send(`${target}${url}`, { method, headers, agent });
    call.end(body);
    const [message] = (await once(call, 'response')) as [IncomingMessage];
    const answered = await bodyOf(message);
    return { status: message.statusCode ?? 500, headers: message.headers, body: answered };
  };

  const answerOf = async (request: IncomingMessage): Promise<Answer | 'cut'> => {
    const body = await bodyOf(request);
    const kind = choose(request.method ?? 'GET', request.url ?? '/');
    counts[kind] += 1;
    if (kind === 'refuse') return REFUSAL;
    if (kind === 'cutBefore') return 'cut';
    if (kind === 'delay') await wait(random.integer(1, delayMaxMs));
    const answer = await forward(request, body);
    if (kind === 'twice') await forward(request, body);
    return kind === 'cutAfter' ? 'cut' : answer;
  };

  const write = (response: ServerResponse, answer: Answer | 'cut'): void => {
    if (answer === 'cut') return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = createServer((request, response) => {
    answerOf(request).then(
      (answer) => write(response, answer),
      // Either side is gone: there is nobody to answer, or nothing to say.
      () => response.destroy(),
    );
  });
  server.keepAliveTimeout = 120_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    calm: () => {
      isCalm = true;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      agent.destroy();
    },
  };
};
