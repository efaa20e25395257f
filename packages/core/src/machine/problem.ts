// A problem that the registration check found: where it is, what it is, and the way out.
import type { ErrorCode } from '../errors.ts';

/** One problem of a machine. */
export interface MachineProblem {
  readonly code: ErrorCode;
  /** State path, invoke id or name. */
  readonly where: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** Collects problems and warnings of one machine and those inside it. */
export class Findings {
  readonly problems: MachineProblem[] = [];
  readonly warnings: string[] = [];

  problem(where: string, message: string, code: ErrorCode = 'machine-invalid'): void {
    this.problems.push({ code, where, message });
  }

  warning(where: string, message: string): void {
    this.warnings.push(`${where}: ${message}`);
  }
}
