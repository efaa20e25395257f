// Keeps an error of a callback from ending the client's reader.

/**
 * Runs a callback of the user's. What it throws is thrown again outside of the client's parser:
 * there it would end the reading of the connection in silence, here it is an uncaught exception.
 */
export const runGuarded = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
