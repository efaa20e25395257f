// Knowing an object by its brand: two copies of a package in a tree have two classes of one name.

/** Does the value, or its prototype, carry the brand? Brands are made with `Symbol.for`. */
export const hasBrand = (value: unknown, brand: symbol): boolean =>
  typeof value === 'object' && value !== null && brand in value;

/** Gives a class's prototype its brand. */
export const setBrand = (prototype: object, brand: symbol): void => {
  Object.defineProperty(prototype, brand, { value: true });
};
