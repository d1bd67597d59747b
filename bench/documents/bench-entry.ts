import type { EntryDocument, Item } from '../../proto/entry/entry.js';
import { fieldOf } from '../../proto/entry/item-field.js';
import { encodeEnvelope } from '../../proto/event/envelope.js';
import type { SourceEvent } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';

/** One event of a bench before it is encoded. */
export interface BenchEvent {
  id: string;
  entry: string;
  key: string;
  code: string;
  /** Time of sending, as `timestampText` writes it. */
  sentAt: string;
  /** Number of fillers in the record; absent for all of them. */
  fillers?: number | undefined;
}

/** Items that fill the record up to 200 bytes; views differ by which of them they leave out. */
export const FILLERS = Array.from({ length: 10 }, (_, i) => `field${i}`);
const FILLER_TEXT = 'abcdefgh';

export const ITEMS: readonly Item[] = [
  { name: 'recordId', type: 'string', identifier: true, maxLength: 32 },
  { name: 'code', type: 'code', filterable: true },
  { name: 'kind', type: 'string', filterable: true, maxLength: 20 },
  { name: 'sentAt', type: 'string' },
  ...FILLERS.map((name): Item => ({ name, type: 'string', maxLength: 40 })),
];
/** Values of the first so many fillers. */
const FILLED = [...FILLERS, ''].map((_, count) =>
  Object.fromEntries(FILLERS.slice(0, count).map((name) => [name, FILLER_TEXT])),
);

export const ITEM_NAMES = ITEMS.map(({ name }) => name);

/** Names of items but the fillers of which the bit is set: grants with different ones are different views. */
export const itemsWithout = (without: number): string[] =>
  ITEM_NAMES.filter((name) => {
    const bit = FILLERS.indexOf(name);
    return bit < 0 || ((without >> bit) & 1) === 0;
  });

export function benchEntry(id: string): EntryDocument {
  return { id, name: { en: 'Records of a bench' }, sharingAttribute: 'conditional', items: [...ITEMS] };
}

/** The event as a source publishes it. */
export function sourceEvent({ id, entry, key, code, sentAt, fillers }: BenchEvent): SourceEvent {
  const data = recordOf(key, code, sentAt, fillers);
  return { specversion: '1.0', id, type: entry, subject: key, op: 'create', data };
}

const codec = new RecordCodec(ITEMS.map((item, i) => fieldOf({ ...item, number: i + 1 })));

/** The bytes that the bus stores for the event; the peers of a bench carry the same bytes. */
export function storedBytes({ id, key, code, sentAt }: BenchEvent): Uint8Array {
  return encodeEnvelope({
    op: 'create',
    entryVersion: 1,
    acceptedAtMs: Date.now(),
    keyId: 0,
    subject: key,
    data: codec.encode(recordOf(key, code, sentAt)),
    sourceId: id,
  });
}

const recordOf = (recordId: string, code: string, sentAt: string, fillers = FILLERS.length) => ({
  recordId,
  code,
  kind: 'A-000017',
  sentAt,
  ...FILLED[fillers],
});
