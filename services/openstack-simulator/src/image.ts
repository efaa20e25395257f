// Glance v2: the images that servers and volumes can be made from.
import { createHash } from 'node:crypto';
import type { Account } from './account.ts';
import { pageOf } from './paging.ts';
import { Refusal } from './refusal.ts';
import type { Answer, Call, Route } from './router.ts';
import { secondsTime } from './times.ts';

/** An image; its id never changes, so that examples can name it. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly minDiskGiB: number;
}

/** Every image there is. */
export const IMAGES: readonly Image[] = [
  {
    id: '70a599e0-31e7-49b7-b260-868f441e862b',
    name: 'cirros-0.6.2-x86_64-disk',
    sizeBytes: 21_430_272,
    minDiskGiB: 0,
  },
  {
    id: '1bea47ed-f6a9-463b-b423-14b9cca9ad27',
    name: 'debian-12-generic-amd64',
    sizeBytes: 436_207_616,
    minDiskGiB: 2,
  },
];

const MADE_MS = Date.UTC(2024, 0, 15, 9, 30);

/** Creates the routes below `/image/v2/images`. */
export const createImageRoutes = (account: Account): Route[] => {
  const bodyOf = ({ id, name, sizeBytes, minDiskGiB }: Image): object => ({
    status: 'active',
    name,
    tags: [],
    container_format: 'bare',
    created_at: secondsTime(MADE_MS),
    disk_format: 'qcow2',
    updated_at: secondsTime(MADE_MS + 60_000),
    visibility: 'public',
    self: `/v2/images/${id}`,
    min_disk: minDiskGiB,
    protected: false,
    id,
    file: `/v2/images/${id}/file`,
    checksum: createHash('md5').update(id).digest('hex'),
    os_hash_algo: 'sha512',
    os_hash_value: createHash('sha512').update(id).digest('hex'),
    owner: account.projectId,
    size: sizeBytes,
    min_ram: 0,
    schema: '/v2/schemas/image',
    virtual_size: null,
  });

  const listImages = (call: Call): Answer => {
    const name = call.query.get('name');
    const { items, links } = pageOf(
      IMAGES.filter((image) => name === null || image.name === name),
      call,
    );
    const query = call.query.size > 0 ? `?${call.query.toString()}` : '';
    const next = links[0] && new URL(links[0].href);
    return {
      status: 200,
      body: {
        images: items.map(bodyOf),
        schema: '/v2/schemas/images',
        first: `/v2/images${query}`,
        ...(next && { next: `/v2/images${next.search}` }),
      },
    };
  };

  const getImage = (call: Call): Answer => {
    const image = IMAGES.find(({ id }) => id === call.params['id']);
    if (!image) throw new Refusal(404, `Failed to find image ${call.params['id']}`);
    return { status: 200, body: bodyOf(image) };
  };

  const path = '/image/v2/images';
  const service = 'image';
  return [
    { service, operation: 'list-images', method: 'GET', path, handle: listImages },
    { service, operation: 'get-image', method: 'GET', path: `${path}/:id`, handle: getImage },
  ];
};
