// Microversions: the simulator speaks the base of Nova and of Cinder, and says so.
import { MICROVERSIONS } from './discovery.ts';
import { Refusal } from './refusal.ts';
import type { ServiceName } from './refusal.ts';

/** The headers by which a service tells its microversion; none for services without. */
export const microversionHeaders = (service: ServiceName): Record<string, string> => {
  if (service === 'compute')
    return {
      'openstack-api-version': `compute ${MICROVERSIONS.compute}`,
      'x-openstack-nova-api-version': MICROVERSIONS.compute,
      vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
    };
  if (service === 'volume')
    return {
      'openstack-api-version': `volume ${MICROVERSIONS.volume}`,
      vary: 'OpenStack-API-Version',
    };
  return {};
};

/**
 * Refuses a microversion that the simulator does not speak, so that a client which needs one
 * notices.
 * @throws Refusal 406
 */
export const checkMicroversion = (
  service: ServiceName,
  headers: Readonly<Record<string, string>>,
): void => {
  if (service !== 'compute' && service !== 'volume') return;
  const spoken = MICROVERSIONS[service];
  const named = (headers['openstack-api-version'] ?? '').split(',').map((part) => part.trim());
  const modern = named.find((part) => part.startsWith(`${service} `))?.slice(service.length + 1);
  const legacy = service === 'compute' ? headers['x-openstack-nova-api-version'] : undefined;
  const wanted = modern ?? legacy ?? spoken;
  if (wanted !== spoken && wanted !== 'latest')
    throw new Refusal(
      406,
      `Version ${wanted} is not supported by the API. ` +
        `Minimum is ${spoken} and maximum is ${spoken}.`,
    );
};
