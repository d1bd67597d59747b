/** Answer of `GET /v1/whoami`: who the token belongs to, and which bus answers. */
export interface Whoami {
  kind: 'system' | 'officer';
  id: string;
  party: string;
  /** Rights of a system. */
  may?: readonly string[] | undefined;
  /** Roles of an officer. */
  roles?: readonly string[] | undefined;
  mode: 'trial' | 'registered';
  version: string;
  /** Time of the bus, RFC 3339. */
  time: string;
}

/** A system as `GET /v1/systems` lists it. */
export interface ListedSystem {
  id: string;
  party: string;
  may: readonly string[];
  /** Whether it has a token. */
  hasToken: boolean;
}
