// What the demo makes: the names of its instances and volumes, and which instance fails.
import { resourceName, volumeId } from '@pawl/openstack';

/** Volumes of each instance, GiB: the first is booted from. */
export const VOLUME_SIZES_GIB: readonly number[] = [10, 40];

const FLAVOR = 'm1.small';
const IMAGE = 'debian-12-generic-amd64';

/** What is to be made. */
export interface Plan {
  readonly instances: readonly string[];
  /** The cloud finds no place for it. */
  readonly failing: string;
}

/** A plan of so many instances; one in the middle fails. */
export const createPlan = (count: number): Plan => {
  const instances = Array.from(
    { length: count },
    (_, index) => `web-${String(index + 1).padStart(2, '0')}`,
  );
  const failing = instances[Math.floor(count / 2)];
  if (failing === undefined) throw new RangeError('A plan has at least one instance.');
  return { instances, failing };
};

/** Create input of an instance. */
export const inputOf = (id: string) => ({
  id,
  name: id,
  flavor: FLAVOR,
  image: IMAGE,
  volumes: VOLUME_SIZES_GIB.map((sizeGiB) => ({ sizeGiB })),
});

/** Name of an instance's server in the cloud. */
export const serverName = (id: string): string => resourceName(id);

/** Actor ids of the volumes that an instance makes first. */
export const volumesOf = (id: string): readonly string[] =>
  VOLUME_SIZES_GIB.map((_, index) => volumeId(id, 1, index));
