// FNV-1a, 32 bit: the hash that nats-server uses for partition(), and ours for generation tags.

/** FNV-1a over UTF-8 bytes. Source: http://www.isthe.com/chongo/tech/comp/fnv/, 32 bit. */
export const fnv1a = (text: string, seed: number = 0x811c9dc5): number => {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    let code = text.charCodeAt(index);
    if (code > 0x7f) {
      code = text.codePointAt(index) ?? code;
      if (code > 0xffff) index += 1;
      for (const byte of new TextEncoder().encode(String.fromCodePoint(code)))
        hash = Math.imul(hash ^ byte, 0x01000193);
    } else hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash >>> 0;
};

/** The partition of an actor: what the journal's transform `partition(P,2,3)` computes. */
export const partitionOf = (type: string, id: string, partitions: number): number =>
  fnv1a(type + id) % partitions;
