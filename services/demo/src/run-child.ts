// The frame of a child process: starts when told, stops when told, ends when its parent is gone.
import type { ChildMessage, ParentMessage } from './child-settings.ts';

const tell = (message: ChildMessage): void => {
  process.send?.(message);
};

/** Runs `start` with the settings that the parent sends; what it returns is called to stop. */
export const runChild = <Settings>(
  start: (settings: Settings) => Promise<() => Promise<void>>,
): void => {
  let stop: (() => Promise<void>) | undefined;

  const begin = async (settings: Settings): Promise<void> => {
    try {
      stop = await start(settings);
      tell({ what: 'ready' });
    } catch (error) {
      tell({ what: 'failed', message: error instanceof Error ? error.message : String(error) });
      process.disconnect();
    }
  };
  const end = async (): Promise<void> => {
    await stop?.();
    process.disconnect();
  };

  process.on('message', (message: ParentMessage) => {
    void (message.what === 'start' ? begin(message.settings as Settings) : end());
  });
  process.once('disconnect', () => process.exit());
  // The terminal interrupts the whole group; the parent says when to stop.
  process.on('SIGINT', () => undefined);
};
