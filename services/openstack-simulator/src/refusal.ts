// Refused calls, and the body that each OpenStack service gives them.

/** The services of the simulated cloud, and the simulator's own paths. */
export type ServiceName = 'identity' | 'compute' | 'volume' | 'image' | 'simulator';

/** A call that the service refuses; the dispatcher turns it into the service's error body. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nova and Cinder name the outermost key of an error after its status. */
const FAULT_NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What a service says when an injected failure brings no text of its own. */
export const titleOf = (status: number): string => TITLES[status] ?? 'Error';

/** The text of every 401: it never says what was wrong with the credentials. */
export const AUTHENTICATION_REQUIRED = 'The request you have made requires authentication.';

/** An error answer of one service: content type and body. */
export interface ErrorBody {
  readonly contentType: string;
  readonly text: string;
}

/** Encodes an error the way the service does. */
export const encodeRefusal = (
  service: ServiceName,
  status: number,
  message: string,
  retryAfterS?: number,
): ErrorBody => {
  // Glance answers in HTML. A 401 comes from the token filter in front of all services, in JSON.
  if (service === 'image' && status !== 401) {
    const head = `<head><title>${status} ${titleOf(status)}</title></head>`;
    const text = `<html>${head}<body><h1>${status} ${titleOf(status)}</h1>${message}</body></html>`;
    return { contentType: 'text/html; charset=UTF-8', text };
  }
  const keystoneShaped = service === 'identity' || service === 'simulator' || status === 401;
  const body = keystoneShaped
    ? { error: { code: status, message, title: titleOf(status) } }
    : {
        [FAULT_NAMES[status] ?? 'computeFault']: {
          code: status,
          message,
          ...(retryAfterS === undefined ? {} : { retryAfter: String(retryAfterS) }),
        },
      };
  return { contentType: 'application/json', text: JSON.stringify(body) };
};
