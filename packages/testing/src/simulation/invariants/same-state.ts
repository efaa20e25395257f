// What hosts hold and what snapshots say is the fold of the journal, to the last byte.
import { addressKey, encodeState, readEntry, type ActorState } from '@pawl/core';
import { isFoldAgain, type Evidence, type Life } from '../evidence.ts';

const textOf = (state: ActorState | undefined): string => JSON.stringify(state ?? null);

/** Every state that any host came to is the one that the journal gives. */
export const foldsTheSame = ({ world, lives }: Evidence): readonly string[] => {
  const texts = new Map<
    string,
    { readonly time: number; text: string; readonly state: ActorState | undefined }
  >();
  for (const { key, replayed } of lives.values())
    for (const { stored, step } of replayed)
      texts.set(`${key}@${stored.sequence}`, { time: stored.time, text: '', state: step.state });
  const problems: string[] = [];
  // Whoever folds a journal again comes by other states than those that folded it first; the order
  // to do so may have been lost since.
  const foldedAgainAt = new Map(
    [...lives.values()].map(({ key, replayed }) => [
      key,
      replayed.findLast(isFoldAgain)?.stored.sequence,
    ]),
  );
  for (const entry of world.lost)
    if (entry.kindToken === 'admin' && readEntry(entry).body['type'] === 'fold-again')
      foldedAgainAt.set(addressKey(entry), Infinity);
  for (const { host, actor, sequence, entryTime, state } of world.recorder.folds) {
    const expected = texts.get(`${actor}@${sequence}`);
    // An entry that the journal has lost since.
    if (expected === undefined || expected.time !== entryTime) continue;
    if (expected.text === '') expected.text = textOf(expected.state);
    if (textOf(state) === expected.text) continue;
    if (sequence < (foldedAgainAt.get(actor) ?? 0)) continue;
    // A host that was halted meanwhile may still have folded on what the journal has lost.
    problems.push(`${actor}@${sequence}: ${host} came to another state than the journal gives`);
  }
  return problems;
};

const stateAt = ({ replayed }: Life, sequence: number): ActorState | undefined =>
  replayed.find(({ stored }) => stored.sequence === sequence)?.step.state;

/** Snapshots are right, and not older than the last entry. */
export const savesTheSame = ({ world, lives }: Evidence): readonly string[] => {
  const problems: string[] = [];
  const saved = new Map(
    world.broker.snapshots.all.map((snapshot) => {
      const { type, id } = snapshot.header;
      return [`${type}/${id}`, snapshot];
    }),
  );
  for (const life of lives.values()) {
    if (life.state === undefined) continue;
    const snapshot = saved.get(life.key);
    const { sequence } = life.state;
    if (snapshot === undefined) problems.push(`${life.key} has no snapshot`);
    else if (snapshot.header.sequence !== sequence)
      problems.push(`${life.key}: snapshot at ${snapshot.header.sequence}, journal at ${sequence}`);
    else {
      const expected = stateAt(life, sequence);
      if (expected !== undefined && !Buffer.from(encodeState(expected)).equals(snapshot.body))
        problems.push(`${life.key}: its snapshot is not what the journal gives`);
    }
  }
  return problems;
};
