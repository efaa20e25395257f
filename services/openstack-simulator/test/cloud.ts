// A simulator on a clock that the test moves, and a bare client that is logged in.
import { startOpenStackSimulator } from '../src/index.ts';
import type { OpenStackSimulator, SimulatorOptions } from '../src/index.ts';

/** What a call was answered; `json` is undefined where there is no JSON body. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

/** A running simulator with the means to talk to it. */
export interface Cloud {
  readonly simulator: OpenStackSimulator;
  /** Moves the clock on. */
  advance(ms: number): void;
  /** Calls a path with the token of the last login. */
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Reply>;
  login(password?: string): Promise<Reply>;
  /** Creates a volume and returns its id. */
  createVolume(name: string, extra?: object): Promise<string>;
  /** Boots a server from volumes that exist and returns its id. */
  bootServer(name: string, volumeIds: string[], extra?: object): Promise<string>;
  volumePath(id?: string): string;
  statusOfVolume(id: string): Promise<unknown>;
  statusOfServer(id: string): Promise<unknown>;
}

export const IMAGE_ID = '70a599e0-31e7-49b7-b260-868f441e862b';
export const SERVERS = '/compute/v2.1/servers';

/** Without jitter, so that tests can say when something happens. */
const DURATIONS = {
  buildMs: 1_000,
  createVolumeMs: 100,
  deleteServerMs: 50,
  deleteVolumeMs: 20,
  jitter: 0,
};

/** The value below some keys, undefined where the path breaks off. */
export const at = (value: unknown, ...keys: (string | number)[]): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );

const parsed = (text: string, type: string | null): unknown =>
  type?.startsWith('application/json') && text !== '' ? JSON.parse(text) : undefined;

/** Starts a simulator whose clock stands still until `advance`, and logs in. */
export const openCloud = async (options: SimulatorOptions = {}): Promise<Cloud> => {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => now };
  const durations = { ...DURATIONS, ...options.durations };
  const simulator = await startOpenStackSimulator({ clock, ...options, durations });
  let token = '';

  const call: Cloud['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(simulator.url + path, {
      method,
      headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = parsed(text, response.headers.get('content-type'));
    return { status: response.status, headers: response.headers, text, json };
  };

  const login: Cloud['login'] = async (password = simulator.password) => {
    const domain = { name: simulator.domainName };
    const reply = await call('POST', '/identity/v3/auth/tokens', {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: simulator.username, domain, password } },
        },
        scope: { project: { name: simulator.projectName, domain } },
      },
    });
    token = reply.headers.get('x-subject-token') ?? token;
    return reply;
  };

  const createdId = (reply: Reply, kind: string): string => {
    const id = at(reply.json, kind, 'id');
    if (typeof id !== 'string') throw new Error(`${kind} refused: ${reply.status} ${reply.text}`);
    return id;
  };

  const volumePath = (id?: string): string =>
    `/volume/v3/${simulator.projectId}/volumes${id === undefined ? '' : `/${id}`}`;

  await login();
  return {
    simulator,
    advance: (ms) => {
      now += ms;
    },
    call,
    login,
    volumePath,
    createVolume: async (name, extra = {}) => {
      const volume = { name, size: 10, ...extra };
      return createdId(await call('POST', volumePath(), { volume }), 'volume');
    },
    bootServer: async (name, volumeIds, extra = {}) => {
      const devices = volumeIds.map((uuid, index) => ({
        uuid,
        source_type: 'volume',
        destination_type: 'volume',
        boot_index: index,
      }));
      const server = { name, flavorRef: '1', block_device_mapping_v2: devices, ...extra };
      return createdId(await call('POST', SERVERS, { server }), 'server');
    },
    statusOfVolume: async (id) => {
      const { status, json } = await call('GET', volumePath(id));
      return status === 200 ? at(json, 'volume', 'status') : status;
    },
    statusOfServer: async (id) => {
      const { status, json } = await call('GET', `${SERVERS}/${id}`);
      return status === 200 ? at(json, 'server', 'status') : status;
    },
  };
};
