import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import type { EntryDocument } from '../../proto/entry/entry.js';
import type { SourceEvent } from '../../proto/event/event.js';

/** Beside the checkout; not part of the project. */
const FILE = fileURLToPath(new URL('../../../../shared/data/chicago-business-licenses.csv', import.meta.url));
const KEY = 'id';

/** Lines of a city's register of licences; undefined where the file is missing. */
export function readLicences(): Record<string, string>[] | undefined {
  return existsSync(FILE) ? parse(readFileSync(FILE), { columns: true }) : undefined;
}

/** An entry with an item for each column. */
export function licenceEntry(id: string, columns: readonly string[]): EntryDocument {
  const items = columns.map((column) => ({
    name: itemOf(column),
    type: 'string' as const,
    ...(column === KEY && { identifier: true }),
  }));
  return { id, name: { en: 'Licences of a city' }, sharingAttribute: 'conditional', items };
}

/** Names of the items, as a grant lists them. */
export const licenceItems = (columns: readonly string[]) => columns.map((column) => ({ name: itemOf(column) }));

export function licenceEvent(entry: string, id: string, line: Record<string, string>): SourceEvent {
  const data = Object.fromEntries(
    Object.entries(line).flatMap(([column, value]) => (value === '' ? [] : [[itemOf(column), value]])),
  );
  return { specversion: '1.0', id, type: entry, op: 'create', subject: line[KEY]!, data };
}

const itemOf = (column: string): string =>
  column.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
