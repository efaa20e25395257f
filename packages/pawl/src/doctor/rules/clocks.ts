// Do the clocks agree? Deadlines and ages compare times of different machines.
import type { Facts } from '../facts.ts';
import type { Finding, Rule } from '../finding.ts';

const SKEW_MAX_MS = 1000;

const REPAIR = 'timedatectl set-ntp true (on that machine)';

const line = (who: string, skewMs: number): Finding => ({
  code: 'clock-skew',
  level: 'broken',
  message: `${who} is ${Math.abs(skewMs / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the broker's clock`,
  repair: REPAIR,
});

const skews = ({ clock, heartbeats }: Facts): Finding[] => {
  if (clock === undefined) return [];
  const { offsetMs, uncertaintyMs } = clock;
  const isOff = (skewMs: number): boolean => Math.abs(skewMs) - uncertaintyMs > SKEW_MAX_MS;
  const ours = -offsetMs;
  const beats = [
    ...heartbeats.hosts.map(({ body, at }) => ({ who: `host ${body.host}`, body, at })),
    ...heartbeats.workers.map(({ body, at }) => ({ who: `worker ${body.worker}`, body, at })),
  ];
  const theirs = new Map<string, number>();
  // Times of arrival are ours by the system clock; a host of two services is named once.
  for (const { who, body, at } of beats) theirs.set(who, body.time - at + ours);
  return [
    ...(isOff(ours) ? [line("this machine's clock", ours)] : []),
    ...[...theirs]
      .filter(([, skew]) => isOff(skew))
      .map(([who, skew]) => line(`the clock of ${who}`, skew)),
  ];
};

/** The rules. */
export const clockRules: readonly Rule[] = [skews];
