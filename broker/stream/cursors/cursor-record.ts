import { LogPosition } from '../../../proto/log-position.js';
import type { StoredMessage } from '../../nats/stored-message.js';

/** A cursor as stored. `position` is null until something was acknowledged in this epoch of the log. */
export interface CursorRecord {
  position: number | null;
  log: string;
  /** Digest of the narrowing that the cursor is bound to; '' without one. */
  narrowing: string;
  /** Random id of the holder that may move the cursor: the newest claim wins. */
  claim: string;
  /** When the record was written: a claim writes it too. */
  at: string;
  /** When the position was last acknowledged; records of earlier versions have none. */
  ackedAt?: string | undefined;
  /** The cursor was removed. Its record stays to fence the holders that it had, and counts as none. */
  removed?: true | undefined;
}

/** A record with its sequence in the store, which the next write expects. */
export interface StoredCursor {
  record: CursorRecord;
  revision: number;
}

/** The position that a cursor holds; one under which nothing was acknowledged holds none, in whatever epoch. */
export function acknowledgedPosition({ log, position }: CursorRecord): LogPosition | undefined {
  return position === null ? undefined : new LogPosition(log, position);
}

export function encodeCursor(record: CursorRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

export function decodeCursor(message: StoredMessage): StoredCursor {
  return { record: JSON.parse(Buffer.from(message.data).toString()) as CursorRecord, revision: message.position };
}
