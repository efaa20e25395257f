// The tokens that Keystone has issued: who they stand for and until when.
import type { Seeded } from './seeded.ts';

/** An issued token. */
export interface Token {
  readonly id: string;
  readonly auditId: string;
  readonly methods: readonly string[];
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** Whether the token is good for the project, so for every service but Keystone. */
  readonly isScoped: boolean;
}

/** Issues tokens and tells which of them hold. */
export class TokenStore {
  readonly #tokens = new Map<string, Token>();
  readonly #lifetimeMs: number;
  readonly #seeded: Seeded;
  #count = 0;

  constructor(lifetimeMs: number, seeded: Seeded) {
    if (!(lifetimeMs > 0))
      throw new RangeError(`tokenLifetimeMs is ${lifetimeMs}: it must be greater than 0`);
    this.#lifetimeMs = lifetimeMs;
    this.#seeded = seeded;
  }

  /** Issues a token. */
  issue(methods: readonly string[], isScoped: boolean, now: number): Token {
    this.#count += 1;
    const secret = this.#seeded.hex(64, 'token', this.#count);
    const token: Token = {
      id: `gAAAAAB${Buffer.from(secret, 'hex').toString('base64url')}`,
      auditId: Buffer.from(secret.slice(0, 32), 'hex').toString('base64url'),
      methods,
      issuedMs: now,
      expiresMs: now + this.#lifetimeMs,
      isScoped,
    };
    this.#tokens.set(token.id, token);
    return token;
  }

  /** The token of an id, undefined when it has expired, was revoked or never was. */
  get(id: string | undefined, now: number): Token | undefined {
    const token = id === undefined ? undefined : this.#tokens.get(id);
    if (!token || now < token.expiresMs) return token;
    this.#tokens.delete(token.id);
    return undefined;
  }

  /** Ends one token. */
  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  /** Ends every token, as if all had expired. */
  expireAll(): void {
    this.#tokens.clear();
  }
}
