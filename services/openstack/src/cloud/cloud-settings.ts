// Where a cloud is and who logs in to it. Lives with the worker: it never travels in a command.

/** What it takes to log in to one project of one cloud. */
export interface CloudSettings {
  /** Keystone v3, such as `https://cloud.example:5000/v3`. */
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
  /** Default `Default`. */
  readonly userDomainName?: string;
  /** Default `Default`. */
  readonly projectDomainName?: string;
  /** Which region's endpoints to use. Default: the first one of the catalog. */
  readonly regionName?: string;
  /** Which kind of endpoint to use. Default `public`. */
  readonly endpointInterface?: 'public' | 'internal' | 'admin';
  /** Longest time of one HTTP request, ms. Default 20,000. */
  readonly requestTimeoutMs?: number;
}

/** Default of `requestTimeoutMs`. */
export const REQUEST_TIMEOUT_MS = 20_000;
