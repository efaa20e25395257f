// Nova's check of a create request, microversion 2.1.
import { FLAVORS } from './flavors.ts';
import { IMAGES } from './image.ts';
import { invalidInput, isObject, metadataOf, optionalString, requiredObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { Refusal } from './refusal.ts';
import type { ServerSpec } from './servers.ts';

/** A disk of the new server: a volume that exists, or one that Nova makes. */
export interface BlockDevice {
  readonly source: 'volume' | 'image' | 'blank';
  /** The volume or the image, undefined for a blank disk. */
  readonly uuid: string | undefined;
  readonly bootIndex: number | undefined;
  readonly device: string | undefined;
  readonly sizeGiB: number;
  readonly deleteOnTermination: boolean;
}

/** A checked create request. */
export interface ServerRequest {
  readonly spec: ServerSpec;
  readonly devices: readonly BlockDevice[];
  readonly adminPass: string | undefined;
}

/** Nova 2.1 refuses every key that it does not know. */
const KNOWN_KEYS = new Set(
  `name imageRef flavorRef adminPass metadata networks OS-DCF:diskConfig accessIPv4 accessIPv6
  personality availability_zone block_device_mapping_v2 config_drive key_name min_count max_count
  security_groups user_data`.split(/\s+/),
);

const objectsAt = (source: JsonObject, key: string): JsonObject[] => {
  const value = source[key];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidInput(key, value, 'It is not an array');
  return value.map((item: unknown) => {
    if (isObject(item)) return item;
    throw invalidInput(key, item, 'It is not an object');
  });
};

/** Nova reads numbers and booleans from strings too. */
const integerAt = (source: JsonObject, key: string): number | undefined => {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  const digits = typeof value === 'string' && /^-?\d+$/.test(value);
  const number = digits ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw invalidInput(key, value, 'It is not an integer');
};

const isTrue = (value: unknown): boolean =>
  value === true || (typeof value === 'string' && /^(true|1|on|yes|t|y)$/i.test(value));

const deviceOf = (source: JsonObject): BlockDevice | undefined => {
  const kind = optionalString(source, 'source_type') ?? 'volume';
  const target = optionalString(source, 'destination_type') ?? (kind === 'volume' ? kind : 'local');
  const uuid = optionalString(source, 'uuid');
  if (kind !== 'volume' && kind !== 'image' && kind !== 'blank')
    throw invalidInput('source_type', kind, 'The simulator knows volume, image and blank');
  if (target !== 'volume' && target !== 'local')
    throw invalidInput('destination_type', target, 'It is neither local nor volume');
  if (kind !== 'blank' && uuid === undefined)
    throw new Refusal(400, `Block Device Mapping is Invalid: ${kind} needs a uuid.`);
  if (kind === 'image' && !IMAGES.some(({ id }) => id === uuid))
    throw new Refusal(400, `Block Device Mapping is Invalid: failed to get image ${uuid}.`);
  if (target === 'local') return undefined; // A disk of the hypervisor: nothing of it is seen.
  const sizeGiB = integerAt(source, 'volume_size') ?? 0;
  if (kind !== 'volume' && sizeGiB < 1)
    throw new Refusal(400, `Block Device Mapping is Invalid: ${kind} to volume needs a size.`);
  return {
    source: kind,
    uuid,
    bootIndex: integerAt(source, 'boot_index'),
    device: optionalString(source, 'device_name'),
    sizeGiB,
    deleteOnTermination: isTrue(source['delete_on_termination']),
  };
};

const imageOf = (server: JsonObject, devices: readonly BlockDevice[]): string | null => {
  const imageId = optionalString(server, 'imageRef') ?? '';
  if (imageId === '') {
    if (devices.some(({ bootIndex }) => bootIndex === 0)) return null;
    throw new Refusal(
      400,
      'Block Device Mapping is Invalid: Boot sequence for the instance and ' +
        'image/block device mapping combination is not valid.',
    );
  }
  if (IMAGES.some(({ id }) => id === imageId)) return imageId;
  throw new Refusal(400, 'Can not find requested image');
};

/**
 * Reads the body of a create request.
 * @throws Refusal 400
 */
export const parseServerRequest = (body: unknown): ServerRequest => {
  const server = requiredObject(body, 'server');
  for (const key of Object.keys(server))
    if (!KNOWN_KEYS.has(key))
      throw invalidInput('server', server, `Additional properties are not allowed ('${key}')`);
  for (const key of ['name', 'flavorRef'])
    if (server[key] === undefined)
      throw invalidInput('server', server, `'${key}' is a required property`);
  for (const key of ['min_count', 'max_count'])
    if ((integerAt(server, key) ?? 1) !== 1)
      throw invalidInput(key, server[key], 'The simulator makes one server a call');
  const name = optionalString(server, 'name')?.trim() ?? '';
  if (name.length === 0 || name.length > 255)
    throw invalidInput('name', server['name'], 'It must have 1 to 255 characters');
  const flavorId = String(server['flavorRef']).split('/').pop() ?? '';
  if (!FLAVORS.some(({ id }) => id === flavorId))
    throw new Refusal(400, `Flavor ${flavorId} could not be found.`);
  const devices = objectsAt(server, 'block_device_mapping_v2')
    .map(deviceOf)
    .filter((device) => device !== undefined);
  const groups = objectsAt(server, 'security_groups').map(
    (group) => optionalString(group, 'name') ?? 'default',
  );
  return {
    spec: {
      name,
      flavorId,
      imageId: imageOf(server, devices),
      metadata: metadataOf(server['metadata']),
      keyName: optionalString(server, 'key_name') ?? null,
      availabilityZone: optionalString(server, 'availability_zone') ?? 'nova',
      securityGroups: groups.length > 0 ? groups : ['default'],
      accessIpV4: optionalString(server, 'accessIPv4') ?? '',
      accessIpV6: optionalString(server, 'accessIPv6') ?? '',
      configDrive: isTrue(server['config_drive']) ? 'True' : '',
      diskConfig: optionalString(server, 'OS-DCF:diskConfig') ?? 'MANUAL',
    },
    devices,
    adminPass: optionalString(server, 'adminPass'),
  };
};
