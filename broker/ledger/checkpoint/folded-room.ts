import type { LedgerRecord } from '../record.js';
import type { KeptText } from './kept-text.js';

/** Part of what a room holds: JSON, and texts that stay in the file. */
export interface SavedItem {
  state: unknown;
  texts?: readonly KeptText[];
}

/** A room whose state is a function of the ledger's records, and can be taken from a checkpoint instead of them. */
export interface FoldedRoom {
  readonly fold: (record: LedgerRecord, bytes: Uint8Array) => void;
  /** The state of the room now. Taken in one turn; the items are read later, so nothing in them may change. */
  save(): SavedItem[];
  /** Takes one item of `save`, in their order and before the first record. */
  load(item: SavedItem): void;
}
