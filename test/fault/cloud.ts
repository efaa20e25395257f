// The cloud of a run: the simulator, and the chaos proxy that all calls to it pass.
import type { CloudSettings } from '@pawl/openstack';
import { startOpenStackSimulator, type OpenStackSimulator } from '@pawl/openstack-simulator';
import type { Random } from '@pawl/testing/simulation';
import { startChaosProxy, type ChaosProxy, type ChaosRates } from './chaos-proxy.ts';

/** A cloud behind a proxy. */
export interface Cloud {
  readonly simulator: OpenStackSimulator;
  readonly proxy: ChaosProxy;
  /** How a worker logs in, through the proxy. */
  readonly settings: CloudSettings;
  stop(): Promise<void>;
}

/** Starts both. Instances whose name matches `failing` find no place. */
export const startCloud = async (
  seed: string,
  random: Random,
  {
    rates,
    failing,
    strikes,
  }: {
    readonly rates: Partial<ChaosRates>;
    readonly failing?: string;
    readonly strikes?: (method: string, path: string) => boolean;
  },
): Promise<Cloud> => {
  const simulator = await startOpenStackSimulator({
    seed: Array.from(seed).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2 ** 31,
    durations: { buildMs: 600, deleteServerMs: 200, createVolumeMs: 400, deleteVolumeMs: 200 },
    failures:
      failing === undefined
        ? []
        : [
            {
              operation: 'create-server',
              name: failing,
              failure: { kind: 'error-state', code: 500, message: 'No valid host was found.' },
            },
          ],
  });
  const proxy = await startChaosProxy({
    target: simulator.url,
    random,
    rates,
    ...(strikes !== undefined && { strikes }),
  });
  return {
    simulator,
    proxy,
    settings: {
      authUrl: simulator.identityUrl.replace(simulator.url, proxy.url),
      username: simulator.username,
      password: simulator.password,
      projectName: simulator.projectName,
      userDomainName: simulator.domainName,
      projectDomainName: simulator.domainName,
      requestTimeoutMs: 5_000,
    },
    stop: async () => {
      await proxy.close();
      await simulator.stop();
    },
  };
};
