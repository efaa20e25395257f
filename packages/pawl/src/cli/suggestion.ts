// "Did you mean": the nearest of the names that exist.

/** Levenshtein distance. */
const distanceOf = (left: string, right: string): number => {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1)
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1),
        ),
      );
    previous = current;
  }
  return previous[right.length] ?? 0;
};

/** The name that was probably meant: at most a third of its letters differ. */
export const nearest = (wanted: string, names: readonly string[]): string | undefined => {
  const [best] = names
    .map((name) => ({ name, distance: distanceOf(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((left, right) => left.distance - right.distance);
  return best?.name;
};

/** `Did you mean volume? There are instance, volume.` */
export const suggest = (what: string, wanted: string, names: readonly string[]): string => {
  if (names.length === 0) return `There are no ${what} yet.`;
  const near = nearest(wanted, names);
  const question = near === undefined ? '' : `Did you mean ${near}? `;
  return `${question}There are: ${names.toSorted().join(', ')}.`;
};
