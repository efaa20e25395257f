// Everything that a step decides is carried out: commands, emits, peer events, children.
import { addressKey, type CommandEffect, type Effect, type ReplayedEntry } from '@pawl/core';
import { isFoldAgain, type Evidence, type Life } from '../evidence.ts';

const hasFoldedAgain = (each: ReplayedEntry): boolean =>
  isFoldAgain(each) && each.step.outcome.kind === 'applied';

/** Effects of its steps since its journal was folded again: that order has all from before. */
const effectsOf = ({
  replayed,
}: Life): { readonly from: ReplayedEntry; readonly effect: Effect }[] =>
  replayed
    .slice(Math.max(0, replayed.findLastIndex(hasFoldedAgain)))
    .flatMap((from) => from.step.effects.map((effect) => ({ from, effect })));

/** A command that was called off before anybody could publish it need not be published. */
const isNeeded = ({ replayed, state }: Life, { path, generation }: CommandEffect): boolean => {
  if (state?.pending.commands[path]?.generation === generation) return true;
  // Its deadline passed, or an answer was folded: then somebody must have had it.
  return replayed.some(
    ({ entry, step }) =>
      (entry?.kind === 'host' || entry?.kind === 'reply') &&
      step.outcome.kind === 'applied' &&
      entry.body['generation'] === generation,
  );
};

const peerKey = (from: unknown): string => {
  const { type, id, sequence, n } = from as Record<string, string | number>;
  return `${type}/${id}@${sequence}-${n}`;
};

/** Keys of the peer events that stand in the journal of an actor. */
const peersIn = (life: Life | undefined): ReadonlySet<string> =>
  new Set(
    life?.replayed.flatMap(({ entry }) =>
      entry?.kind === 'peer' ? [peerKey(entry.body['from'])] : [],
    ),
  );

/** Every decided effect has reached its stream. */
export const carriesOutAll = ({ world, lives }: Evidence): readonly string[] => {
  const { broker, wire, restoredTo } = world;
  // Of what the lost part of the journal had caused, nobody knows.
  if (restoredTo !== undefined) return [];
  const emitted = new Set(broker.outlets.emitted.map(({ id }) => id));
  const peers = new Map<string, ReadonlySet<string>>();
  const problems: string[] = [];
  for (const life of lives.values()) {
    const [type = '', id = ''] = life.key.split('/');
    for (const { from, effect } of effectsOf(life)) {
      const what = `${effect.kind} of ${life.key}@${from.stored.sequence}`;
      if (effect.kind === 'command') {
        const { class: queueClass, service, task, generation } = effect;
        const actor = { type, id };
        const command = { class: queueClass, service, task, actor, generation };
        if (!wire.commands.has(broker.subjects.command(command)) && isNeeded(life, effect))
          problems.push(`${what} (${effect.id}) was never published`);
      } else if (effect.kind === 'emit') {
        if (!emitted.has(effect.id)) problems.push(`${what} was never published`);
      } else if (effect.kind === 'peer') {
        const to = addressKey(effect.to);
        const there = peers.get(to) ?? peersIn(lives.get(to));
        peers.set(to, there);
        if (!there.has(peerKey({ type, id, sequence: effect.sequence, n: effect.n })))
          problems.push(`${what} (${effect.event.type}) never reached ${to}`);
      } else if (effect.kind === 'create') {
        if (!lives.has(addressKey(effect.to)) && life.state?.status === 'active') {
          const isPending = Object.values(life.state.pending.children).some(
            (child) => addressKey(child) === addressKey(effect.to),
          );
          if (isPending) problems.push(`${what} never reached ${addressKey(effect.to)}`);
        }
      }
    }
  }
  return problems;
};
