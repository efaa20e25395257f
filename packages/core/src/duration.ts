// Spans of time as text: '10m', '1h30m', '250ms'.

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const WHOLE = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** A span in ms, from a number of ms or text such as `1h30m`. Undefined when it is neither. */
export const parseSpan = (span: unknown): number | undefined => {
  if (typeof span === 'number') return Number.isFinite(span) && span >= 0 ? span : undefined;
  if (typeof span !== 'string' || !WHOLE.test(span)) return undefined;
  let ms = 0;
  for (const [, amount = '0', unit = 'ms'] of span.matchAll(PART))
    ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  return ms;
};
