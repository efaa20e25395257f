// Injected failures: which calls fail, and how.
import type { Seeded } from './seeded.ts';
import { parseFailureRule } from './failure-rule.ts';
import type { Failure, FailureRule } from './failure-rule.ts';

/** A call that is about to be carried out. */
export interface PlannedCall {
  readonly operation: string;
  readonly method: string;
  readonly name: string | undefined;
}

/** What the rules say of one call. */
export interface Verdict {
  readonly delayMs: number;
  readonly failure: Exclude<Failure, { kind: 'delay' }> | undefined;
}

/** A rule in force, with how often it met a call and how often it struck. */
export interface FailureReport {
  readonly id: number;
  readonly rule: FailureRule;
  readonly matched: number;
  readonly struck: number;
}

interface Armed {
  readonly id: number;
  readonly rule: FailureRule;
  readonly pattern: RegExp | undefined;
  matched: number;
  struck: number;
}

const matches = ({ rule, pattern }: Armed, call: PlannedCall): boolean =>
  (rule.operation === undefined || rule.operation === call.operation) &&
  (rule.method === undefined || rule.method === call.method) &&
  (pattern === undefined || (call.name !== undefined && pattern.test(call.name)));

/** The rules in force. The first that strikes decides; delays add up. */
export class FailurePlan {
  readonly #seeded: Seeded;
  #rules: Armed[] = [];
  #count = 0;

  constructor(seeded: Seeded) {
    this.#seeded = seeded;
  }

  /**
   * Puts a rule in force.
   * @returns the id by which to remove it.
   * @throws TypeError when the value is not a rule; the message names the field.
   */
  add(value: unknown): number {
    const rule = parseFailureRule(value);
    this.#count += 1;
    const pattern = rule.name === undefined ? undefined : new RegExp(rule.name);
    this.#rules.push({ id: this.#count, rule, pattern, matched: 0, struck: 0 });
    return this.#count;
  }

  /** Removes a rule, or all; says whether there was one. */
  remove(id?: number): boolean {
    const before = this.#rules.length;
    this.#rules = id === undefined ? [] : this.#rules.filter((armed) => armed.id !== id);
    return this.#rules.length < before;
  }

  /** The rules in force, oldest first. */
  list(): FailureReport[] {
    return this.#rules.map(({ id, rule, matched, struck }) => ({ id, rule, matched, struck }));
  }

  /** Decides what becomes of a call. Counts it against every rule that it meets. */
  decide(call: PlannedCall): Verdict {
    let delayMs = 0;
    let failure: Verdict['failure'];
    for (const armed of this.#rules) {
      if (!matches(armed, call)) continue;
      armed.matched += 1;
      if (!this.#strikes(armed)) continue;
      if (armed.rule.failure.kind === 'delay') delayMs += armed.rule.failure.delayMs;
      else if (failure) continue;
      else failure = armed.rule.failure;
      armed.struck += 1;
    }
    return { delayMs, failure };
  }

  #strikes({ id, rule, matched, struck }: Armed): boolean {
    if (rule.nth !== undefined && matched !== rule.nth) return false;
    if (rule.times !== undefined && struck >= rule.times) return false;
    return rule.rate === undefined || this.#seeded.fraction('rate', id, matched) < rule.rate;
  }
}
