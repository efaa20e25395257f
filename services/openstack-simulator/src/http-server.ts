// The HTTP server: reads requests, writes answers, and stops at once.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WireAnswer, WireRequest } from './dispatcher.ts';
import { encodeRefusal } from './refusal.ts';

/** A server that listens. */
export interface HttpServer {
  /** Scheme, host and port. */
  readonly url: string;
  /** Cuts every connection, busy ones too, and frees the port. */
  close(): Promise<void>;
}

/** Where to listen, and who answers. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly requestIdOf: (count: number) => string;
  readonly dispatch: (request: WireRequest) => Promise<WireAnswer>;
  /** Told of errors that are the simulator's own. */
  readonly onError: (error: unknown) => void;
}

const BODY_BYTES_MAX = 1024 * 1024;

/** Reads the body, undefined when it is longer than the limit. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks).toString('utf8');
};

const headersOf = (request: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
};

const internalError = (): Exclude<WireAnswer, 'disconnect'> => {
  const { contentType, text } = encodeRefusal('compute', 500, 'The simulator failed: see its log.');
  return { status: 500, headers: { 'content-type': contentType }, text };
};

const tooLarge = (): Exclude<WireAnswer, 'disconnect'> => {
  const { contentType, text } = encodeRefusal('compute', 413, 'Request is too large.');
  return { status: 413, headers: { 'content-type': contentType }, text };
};

const addressOf = (request: IncomingMessage, url: string): URL | undefined => {
  const origin = request.headers.host === undefined ? url : `http://${request.headers.host}`;
  return URL.canParse(request.url ?? '/', origin) ? new URL(request.url ?? '/', origin) : undefined;
};

/** Starts to listen. Rejects when the port is taken. */
export const openHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { host, port, dispatch, requestIdOf, onError } = options;
  let url = `http://${host}:${port}`;
  let count = 0;

  const write = (response: ServerResponse, answer: WireAnswer, isHead: boolean): void => {
    if (answer === 'disconnect') {
      response.destroy();
      return;
    }
    count += 1;
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(answer.status !== 204 && { 'content-length': String(Buffer.byteLength(answer.text)) }),
      'x-openstack-request-id': requestIdOf(count),
    });
    response.end(isHead ? undefined : answer.text);
  };

  const answerOf = async (request: IncomingMessage): Promise<WireAnswer> => {
    const bodyText = await readBody(request);
    if (bodyText === undefined) return tooLarge();
    const address = addressOf(request, url);
    if (!address) return 'disconnect'; // Neither a path nor an address: nothing to answer to.
    const method = request.method ?? 'GET';
    return dispatch({ method, url: address, headers: headersOf(request), bodyText });
  };

  const server = createServer((request, response) => {
    answerOf(request)
      .catch((error: unknown) => {
        if (request.destroyed && !request.complete) return 'disconnect' as const; // Caller left.
        onError(error);
        return internalError();
      })
      .then((answer) => {
        write(response, answer, request.method === 'HEAD');
      })
      .catch(onError);
  });
  // Longer than any client keeps an idle connection: else a request meets a closing socket.
  server.keepAliveTimeout = 120_000;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (typeof address === 'object' && address) url = `http://${host}:${address.port}`;
  return {
    url,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => {
          if (error) reject(error);
          else resolve();
        });
        server.closeAllConnections();
      }),
  };
};
