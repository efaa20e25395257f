// The cloud of the demo: the simulator, with a rule that makes one server end in ERROR.
import type { CloudSettings } from '@pawl/openstack';
import {
  startOpenStackSimulator,
  type OpenStackSimulator,
  type SimulatorOptions,
} from '@pawl/openstack-simulator';
import { serverName, type Plan } from './plan.ts';

/** What Nova says when no compute host has room. */
export const FAILURE_MESSAGE = 'No valid host was found. There are not enough hosts available.';

/** Starts the cloud in this process. */
export const startCloud = (
  { failing }: Plan,
  options: Pick<SimulatorOptions, 'seed' | 'durations'> = {},
): Promise<OpenStackSimulator> =>
  startOpenStackSimulator({
    ...options,
    failures: [
      {
        operation: 'create-server',
        name: `^${serverName(failing)}$`,
        failure: { kind: 'error-state', code: 500, message: FAILURE_MESSAGE },
      },
    ],
  });

/** How a worker logs in. */
export const settingsOf = (cloud: OpenStackSimulator): CloudSettings => ({
  authUrl: cloud.identityUrl,
  username: cloud.username,
  password: cloud.password,
  projectName: cloud.projectName,
  userDomainName: cloud.domainName,
  projectDomainName: cloud.domainName,
});
