// Cinder's check of a create request.
import { invalidInput, metadataOf, optionalString, requiredObject } from './json.ts';
import { IMAGES } from './image.ts';
import { Refusal } from './refusal.ts';
import type { VolumeSpec } from './volumes.ts';

/** The volume type of a request that names none, as in Cinder since Train. */
export const DEFAULT_VOLUME_TYPE = '__DEFAULT__';

/** Cinder takes a number or its digits. */
const sizeOf = (value: unknown): number => {
  const digits = typeof value === 'string' && /^\d+$/.test(value);
  const size = digits ? Number(value) : value;
  if (typeof size === 'number' && Number.isInteger(size) && size > 0) return size;
  throw invalidInput('size', value, 'It is not an integer of at least 1');
};

/**
 * Reads the body of a create request. Keys that the simulator does not know are left alone, as
 * Cinder does before microversion 3.53.
 * @throws Refusal 400, 404
 */
export const parseVolumeRequest = (body: unknown): VolumeSpec => {
  const volume = requiredObject(body, 'volume');
  const imageId = optionalString(volume, 'imageRef') ?? optionalString(volume, 'image_id') ?? null;
  if (imageId !== null && !IMAGES.some(({ id }) => id === imageId))
    throw new Refusal(400, 'Invalid image identifier or unable to access requested image.');
  for (const source of ['snapshot_id', 'source_volid', 'backup_id']) {
    const id = optionalString(volume, source);
    if (id !== undefined) throw new Refusal(404, `${source} ${id} could not be found.`);
  }
  const name = optionalString(volume, 'name') ?? optionalString(volume, 'display_name');
  const description =
    optionalString(volume, 'description') ?? optionalString(volume, 'display_description');
  return {
    name: name?.trim() ?? null,
    description: description?.trim() ?? null,
    sizeGiB: sizeOf(volume['size']),
    metadata: metadataOf(volume['metadata']),
    imageId,
    availabilityZone: optionalString(volume, 'availability_zone') ?? 'nova',
    multiattach: volume['multiattach'] === true,
    volumeType: optionalString(volume, 'volume_type') || DEFAULT_VOLUME_TYPE,
  };
};
