// Two ways of waiting: polling in real time, and moving a virtual clock.
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { ContractBroker } from './contract-broker.ts';

const TIMEOUT_MS = 10_000;

/** Looks again every few milliseconds of real time. For brokers of their own process. */
export const waitInRealTime: ContractBroker['waitFor'] = async (condition, options = {}) => {
  const { timeoutMs = TIMEOUT_MS } = options;
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > timeoutMs)
      throw new Error(`The condition did not hold within ${timeoutMs} ms: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Moves a virtual clock on, 50 ms at a time. */
export const waitInVirtualTime =
  (clock: VirtualClock): ContractBroker['waitFor'] =>
  async (condition, options = {}) => {
    const { timeoutMs = TIMEOUT_MS } = options;
    await clock.settle();
    for (let waitedMs = 0; !(await condition()); waitedMs += 50) {
      if (waitedMs > timeoutMs)
        throw new Error(`The condition did not hold within ${timeoutMs} ms: ${String(condition)}`);
      await clock.advance(50);
    }
  };
