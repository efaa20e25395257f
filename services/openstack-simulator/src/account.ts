// The one user and the one project of the cloud.
import type { Seeded } from './seeded.ts';

/** Who may log in, and the project that all resources belong to. */
export interface Account {
  readonly username: string;
  readonly password: string;
  readonly userId: string;
  readonly projectName: string;
  readonly projectId: string;
  readonly domainId: string;
  readonly domainName: string;
}

/** Creates the account; ids follow from the seed. */
export const createAccount = (
  names: { username: string; password: string; projectName: string },
  seeded: Seeded,
): Account => ({
  ...names,
  userId: seeded.hex(32, 'user', names.username),
  projectId: seeded.hex(32, 'project', names.projectName),
  domainId: 'default',
  domainName: 'Default',
});
