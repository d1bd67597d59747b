import type { Rows } from '../../../proto/entry/rows.js';
import type { RecordCodec } from '../../../proto/event/record.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { From } from '../../../proto/frames/frames.js';

/** Bytes of the records of one page, which is held in memory until its reader has taken it. One event may be larger. */
export const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Reading a grant without a socket: the same subset, a page at a time. */
export interface PageRequest {
  system: string;
  grant: string;
  cursor: string;
  /** Address of the client. */
  address?: string | undefined;
  from: From;
  limit: number;
  /** Bytes of the records of the page; left out: PAGE_BYTES_MAX. */
  bytesMax?: number;
  narrow: Rows | undefined;
}

export interface Page {
  events: ProjectedEvent[];
  codec: RecordCodec;
  /** Everything granted up to here is in the page or was in one before. */
  through: number;
  log: string;
  /** True when the page ends at the end of the log. */
  caughtUp: boolean;
}
