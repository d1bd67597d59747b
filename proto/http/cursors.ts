/** A cursor of a grant, as `GET /v1/grants/{id}/cursors` lists it. */
export interface ListedCursor {
  name: string;
  /** Last acknowledged position; null until something was acknowledged in this log epoch. */
  position: number | null;
  /** Log epoch of the position. */
  log: string;
  updatedAt: string;
  /** Whether a session of this broker follows the cursor. */
  connected: boolean;
}

export interface CursorList {
  /** Current log epoch of the entry's partition, and its last position. */
  log: string;
  end: number;
  cursors: ListedCursor[];
}

/** Answer of `PUT /v1/grants/{id}/cursors/{name}`. */
export interface MovedCursor {
  from: number | null;
  to: number;
  log: string;
  /** Positions that the cursor jumped over; null when it moved back. */
  skipped: { from: number; through: number } | null;
}
