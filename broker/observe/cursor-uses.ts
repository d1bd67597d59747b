import type { CursorTraffic, CursorUse } from '../stream/subscriptions/cursor-traffic.js';

/** Looks up what this broker has delivered under a cursor, and whether it is followed. */
export type CursorUseOf = (cursorSubject: string) => CursorUse;

/** Where the use of cursors is known: in this process, or in all workers of its broker. */
export interface CursorUses {
  /** The present state. Rejects when a worker does not answer. */
  collect(): Promise<CursorUseOf>;
}

/** A broker of one process. */
export const usesOfOneProcess = (traffic: CursorTraffic): CursorUses => ({
  collect: async () => (cursor) => traffic.useOf(cursor),
});
