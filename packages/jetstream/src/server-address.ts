// Addresses of servers, and the login that one may carry: used to connect, never shown.
import { PawlError } from '@pawl/core';

/** A login as it stands in an address: `nats://<user>:<pass>@…` or `nats://<token>@…`. */
export type AddressLogin =
  | { readonly user: string; readonly pass: string }
  | { readonly token: string }
  | Readonly<Record<string, never>>;

/** Scheme, login, host and port. All before the last @ is secret, whatever stands there. */
const ADDRESS = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)?(?:(?<login>.*)@)?(?<place>.*)$/is;

const partsOf = (address: string): { readonly login: string; readonly shown: string } => {
  const { scheme = '', login = '', place = '' } = ADDRESS.exec(address)?.groups ?? {};
  return { login, shown: scheme + place };
};

/** Addresses without their logins, for messages and for the client. */
export const withoutLogin = (address: string): string => partsOf(address).shown;

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that encodes nothing.
  }
};

const loginOf = (text: string): AddressLogin => {
  const colon = text.indexOf(':');
  return colon < 0
    ? { token: decoded(text) }
    : { user: decoded(text.slice(0, colon)), pass: decoded(text.slice(colon + 1)) };
};

/**
 * The login of all addresses. Throws `not-authorized` when two of them carry different ones, or
 * `isGiven` says that there is another beside them: only one can be used.
 */
export const loginOfAddresses = (addresses: readonly string[], isGiven: boolean): AddressLogin => {
  const logins = new Set(addresses.map((address) => partsOf(address).login).filter(Boolean));
  const [login] = logins;
  if (login === undefined) return {};
  if (logins.size === 1 && !isGiven) return loginOf(login);
  throw new PawlError(
    'not-authorized',
    `${addresses.map(withoutLogin).join(', ')}: the address carries a login, and ` +
      `${isGiven ? 'another was given beside it' : 'another address a different one'}. ` +
      'A connection has one: give user and pass, token or creds to connect(), or one in the address.',
  );
};
