import type { EntryDocument, EntryVersion, NumberedItem } from '../../proto/entry/entry.js';
import type { EntryStatus } from './entry-life-cycle.js';

/** An entry as its newest ledger record holds it. */
export interface EntryState {
  status: EntryStatus;
  draft?: EntryDocument | undefined;
  /** The newest published version. A withdrawn entry keeps it, because its item numbers and its partition stay taken. */
  published?: PublishedEntry | undefined;
}

/** A published version as stored; `toEntryVersion` derives the rest. */
export interface PublishedEntry {
  version: number;
  partition: number;
  publishedAt: string;
  numbers: Record<string, number>;
  document: EntryDocument;
}

export function toEntryVersion({ version, partition, publishedAt, numbers, document }: PublishedEntry): EntryVersion {
  const items = document.items.map((item): NumberedItem => {
    const number = Object.hasOwn(numbers, item.name) ? numbers[item.name] : undefined;
    if (number === undefined) throw new TypeError(`entry ${document.id} has no number for item ${item.name}`);
    return { ...item, number };
  });
  return { id: document.id, version, partition, publishedAt, document, items, numbers };
}
