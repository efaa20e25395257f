// The disks of an instance as data: what each event makes of them, and what follows for the whole.
import type { VolumeNews } from '../volume/volume-data.ts';
import type { DiskNews, DiskState, InstanceContext } from './instance-data.ts';

/** Ids end in attempt and number, so two instances never claim the same volume. */
export const volumeId = (instance: string, attempt: number, index: number): string =>
  `${instance}-${attempt}-${index + 1}`;

/** The disks of a new attempt. */
export const newDisks = ({ id, volumes }: InstanceContext, attempt: number): DiskState[] =>
  volumes.map((_, index) => ({ volume: volumeId(id, attempt, index), status: 'creating' }));

/** What news of a volume make of its disk. News that come too late change nothing. */
const told = (disk: DiskState, news: VolumeNews | DiskNews): DiskState => {
  switch (news.type) {
    case 'VOLUME_OK':
      return disk.status === 'creating'
        ? { ...disk, status: 'ok', backendId: news.backendId }
        : disk;
    case 'VOLUME_ERRED': {
      // A failed creation told while we delete says nothing about the deletion.
      const expected = disk.status === 'deleting' ? 'delete' : 'create';
      if (news.operation !== expected) return disk;
      return { ...disk, status: 'erred', error: news.error };
    }
    case 'VOLUME_LOST':
      return { ...disk, status: 'lost', error: news.error };
    case 'VOLUME_GONE':
      return { ...disk, status: 'gone' };
    default:
      return disk;
  }
};

/** The disks after news of one volume. */
export const afterNews = (disks: readonly DiskState[], news: VolumeNews | DiskNews): DiskState[] =>
  disks.map((disk) => (disk.volume === news.volume ? told(disk, news) : disk));

/**
 * The disks when their deletion begins. A volume whose id belonged to another before we came is
 * not ours to delete.
 */
export const leavingDisks = (disks: readonly DiskState[]): DiskState[] =>
  disks.map(({ error, ...disk }) =>
    disk.status === 'gone' || error?.code === 'actor-exists'
      ? { ...disk, status: 'gone' }
      : { ...disk, status: 'deleting' },
  );

/** The first disk that failed, as the error of the whole. */
export const diskError = (disks: readonly DiskState[]): { code: string; message: string } => {
  const failed = disks.find(({ status }) => status === 'erred' || status === 'lost');
  const { code = 'unknown', message = 'no error was kept' } = failed?.error ?? {};
  return { code, message: `Volume ${failed?.volume ?? '?'}: ${message}` };
};
