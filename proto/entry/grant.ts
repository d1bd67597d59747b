import type { Rows } from './rows.js';

export const TRANSFORMS = ['mask', 'hash', 'year'] as const;
export type Transform = (typeof TRANSFORMS)[number];

export interface GrantedItem {
  name: string;
  transform?: Transform | undefined;
}

/** Scopes of a stop of delivery. */
export const STOP_SCOPES = ['entry', 'system', 'party', 'node'] as const;
export type StopScope = (typeof STOP_SCOPES)[number];

export const GRANT_STATUSES = ['provisioning', 'in_force', 'suspended', 'expired', 'terminated'] as const;
export type GrantStatus = (typeof GRANT_STATUSES)[number];

/** When the grant may be used: dates (whole days, Asia/Shanghai, both included) or RFC 3339 instants. */
export interface GrantPeriod {
  from: string;
  to: string;
}

/** The right of one system to a subset of one entry. */
export interface GrantDocument {
  id: string;
  application?: string | undefined;
  party?: string | undefined;
  system: string;
  entry: string;
  items: GrantedItem[];
  rows?: Rows | undefined;
  purpose: string;
  basis: string;
  period: GrantPeriod;
  /** Earliest acceptance time of events that the grant covers: `none` (its start), `all`, or a date. */
  history?: string | undefined;
  kind?: string | undefined;
  status?: GrantStatus | undefined;
}
