// What arrives more than once takes effect once: replies, peer events, timers; timers in due order.
import type { Entry, PendingTimer } from '@pawl/core';
import type { Evidence } from '../evidence.ts';

/** Words about permits are known by generation, and an answer to a repeat is one as well. */
const SIGNALS: ReadonlySet<string> = new Set([
  ...['pawl.acquire', 'pawl.granted', 'pawl.queued', 'pawl.release'],
]);

/** A failure of an attempt may be followed by its late success, and by nothing else. */
const nameOf = ({ kind, body }: Entry): string | undefined => {
  const generation = String(body['generation']);
  if (kind === 'reply')
    return `${String(body['outcome'])} reply to ${String(body['path'])}@${generation}`;
  if (kind === 'timer') return `timer ${String(body['key'])}@${generation}`;
  if (kind !== 'peer' || SIGNALS.has((body['event'] as { readonly type: string }).type))
    return undefined;
  return `peer event ${JSON.stringify(body['from'])}`;
};

/** One reply per generation, one folding of each peer event, in the order of its sender. */
export const takesEffectOnce = ({ lives }: Evidence): readonly string[] => {
  const problems: string[] = [];
  for (const { key, replayed } of lives.values()) {
    const seen = new Set<string>();
    for (const { entry, step, stored, before } of replayed) {
      if (entry === undefined || step.outcome.kind !== 'applied') continue;
      const what = nameOf(entry);
      if (what === undefined) continue;
      const { key: timerKey, generation } = entry.body;
      const armed = before?.pending.timers[String(timerKey)]?.generation;
      if (entry.kind === 'timer' && armed !== generation)
        problems.push(`${key}@${stored.sequence}: ${what} fired, and ${armed} was armed`);
      if (seen.has(what)) problems.push(`${key}@${stored.sequence}: ${what} took effect twice`);
      seen.add(what);
    }
  }
  return problems;
};

/** When a timer fires, none that was due earlier is left. */
export const firesInDueOrder = ({ lives }: Evidence): readonly string[] => {
  const problems: string[] = [];
  for (const { key, replayed } of lives.values())
    for (const { entry, step, before, stored } of replayed) {
      if (entry?.kind !== 'timer' || step.outcome.kind !== 'applied') continue;
      const fired: PendingTimer | undefined = before?.pending.timers[String(entry.body['key'])];
      const left = Object.values(step.state?.pending.timers ?? {}).find(
        ({ dueAt, generation }) =>
          fired !== undefined &&
          dueAt < fired.dueAt &&
          before?.pending.timers[fired.key] !== undefined &&
          Object.values(before.pending.timers).some((timer) => timer.generation === generation),
      );
      if (left !== undefined)
        problems.push(`${key}@${stored.sequence}: ${fired?.key} fired before ${left.key}`);
    }
  return problems;
};
