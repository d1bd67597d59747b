import type { Title } from '../../proto/entry/entry.js';

export const SYSTEM_RIGHTS = ['publish', 'subscribe'] as const;
export type SystemRight = (typeof SYSTEM_RIGHTS)[number];

/** A program of one party that publishes or subscribes. */
export interface SystemDocument {
  id: string;
  party: string;
  name?: Title | string | undefined;
  may: SystemRight[];
}

/** The system as the ledger holds it. */
export interface StoredSystem extends SystemDocument {
  /** Digest of the token; undefined when the system has none. */
  credential?: string | undefined;
}
