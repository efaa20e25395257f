// Effects and outcomes of a step in a few words each.
import type { Effect, StepOutcome } from '@pawl/core';
import { durationText } from './time-text.ts';

/** A timer as the chart knows it: `after.600000.volume.creating`, `child/after.5000.disk.busy`. */
export const timerText = (key: string): string => key.replace(/^#/, '').replace('#', '/');

/** `command create-volume (heavy)`, `timer creating in 10 min`, `EXTEND to volume/vol-1`. */
export const effectText = (effect: Effect, decidedAt: number): string => {
  switch (effect.kind) {
    case 'command': {
      const again = effect.attempt > 1 ? `, attempt ${effect.attempt}` : '';
      return `command ${effect.service}.${effect.task} (${effect.class}${again})`;
    }
    case 'cancel':
      return `cancel ${effect.path}`;
    case 'arm':
      return (
        `timer ${timerText(effect.key)} in ` + durationText(Math.max(0, effect.dueAt - decidedAt))
      );
    case 'disarm':
      return `disarm ${timerText(effect.key)}`;
    case 'peer':
      return `${effect.event.type} to ${effect.to.type}/${effect.to.id}`;
    case 'create':
      return `create ${effect.to.type}/${effect.to.id}`;
    case 'emit':
      return `emit ${effect.event.type}`;
    case 'log':
      return `log ${effect.label ?? JSON.stringify(effect.value)}`;
    case 'late':
      return `late success of ${effect.service}.${effect.task}`;
  }
};

/** What became of an entry: nothing for the usual case, else the word and why. */
export const outcomeText = (outcome: StepOutcome): string => {
  switch (outcome.kind) {
    case 'applied':
      return '';
    case 'ignored':
      return `ignored: ${outcome.reason}`;
    case 'refused':
    case 'faulted':
      return `${outcome.kind}: ${outcome.error.code}: ${outcome.error.message}`;
  }
};
