// Progress while the workload runs: the board in a terminal, one line for each change in a pipe.
import { systemClock, type Connection } from 'pawl';
import { stateText, type TableTarget } from 'pawl/show';
import { openObserver, type Observer } from '../observer.ts';
import type { Plan } from '../plan.ts';
import { renderBoard } from './board.ts';
import { createScreen, type ScreenOutput } from './screen.ts';

const REDRAW_MS = 100;

/** Progress that is being shown. */
export interface Progress {
  readonly observer: Observer;
  /** Shows the last state and stops. */
  end(): void;
}

/** Starts to show progress. */
export const showProgress = async (
  connection: Connection,
  plan: Plan,
  target: TableTarget,
  output: ScreenOutput,
): Promise<Progress> => {
  const clock = systemClock;
  const startedAt = clock.now();
  if (!target.isPretty) {
    const observer = await openObserver({
      connection,
      now: () => clock.now(),
      onChange: ({ type, id, value }, before) => {
        const seconds = ((clock.now() - startedAt) / 1000).toFixed(2);
        const move = before === undefined ? '' : `${stateText(before)} → `;
        output.write(`${seconds.padStart(6)} s  ${type}/${id}  ${move}${stateText(value)}\n`);
      },
    });
    return { observer, end: () => undefined };
  }
  const observer = await openObserver({ connection, now: () => clock.now() });
  const screen = createScreen(output);
  const draw = (): void =>
    screen.draw(renderBoard(observer, plan, target, { now: clock.now(), startedAt }));
  const redraw = clock.every(REDRAW_MS, draw);
  return {
    observer,
    end: () => {
      redraw.stop();
      draw();
    },
  };
};
