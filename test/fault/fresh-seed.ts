// A seed for a run whose seed nobody has named; the run prints it.
export const freshSeed = (): string => Math.random().toString(36).slice(2, 8);
