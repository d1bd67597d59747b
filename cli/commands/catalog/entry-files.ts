import { isMap } from '../../../proto/values/is-map.js';
import { UsageError } from '../../exit-codes.js';
import { nameOf, readDocument } from '../../read-document.js';

/** Reads the entry documents of a file: one entry, a list of entries, or a bundle with its `entries`. */
export async function readEntries(path: string): Promise<Record<string, unknown>[]> {
  const document = await readDocument(path);
  const entries = entriesOf(document);
  if (entries.length > 0 && entries.every(isMap)) return entries;
  throw new UsageError(`${nameOf(path)} holds no catalog entry: neither an entry, nor a list of them, nor a bundle`);
}

function entriesOf(document: unknown): unknown[] {
  if (Array.isArray(document)) return document;
  if (!isMap(document)) return [];
  return Array.isArray(document.entries) ? document.entries : [document];
}
