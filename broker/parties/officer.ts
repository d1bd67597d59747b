import type { Title } from '../../proto/entry/entry.js';

export const ROLES = [
  'platform_operator',
  'catalog_editor',
  'applicant',
  'reviewer',
  'body_head',
  'department_head',
  'competent_reviewer',
  'correction_handler',
  'security_officer',
  'auditor',
  'administrator',
  'contractor',
] as const;
export type Role = (typeof ROLES)[number];

/** A person of one party with roles. */
export interface OfficerDocument {
  id: string;
  party: string;
  name?: Title | string | undefined;
  roles: Role[];
}

/** The officer as the ledger holds it. */
export interface StoredOfficer extends OfficerDocument {
  /** Digest of the token; undefined when the officer has none. */
  credential?: string | undefined;
  /** `<issuer>|<claim>` of the identity provider that the officer signs in with instead of a token. */
  subject?: string | undefined;
  /** Contract of a contractor. */
  contract?: string | undefined;
}
