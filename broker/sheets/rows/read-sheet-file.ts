import { isSameSheet, type TableProfile } from '../profiles/profile.js';
import { type CsvEncoding, csvTable } from '../reading/csv-table.js';
import { UnusableFileError } from '../reading/table.js';
import { xlsxTable } from '../reading/xlsx-table.js';
import type { SheetFile } from './sheet-entry.js';
import { tableEntries } from './table-entries.js';

export type FileForm = 'csv' | 'xlsx' | 'jsonld';

export interface FileReading {
  bytes: Uint8Array;
  form: FileForm;
  /** Undefined: the file is DCAT-AP. */
  profile?: TableProfile | undefined;
  /** Sheet of the entries, in place of what the profile says. */
  sheet?: string | undefined;
  encoding: CsvEncoding;
}

/** Reads a whole file by its profile. Throws UnusableFileError. Takes seconds for a large one: call it in a thread. */
export async function readSheetFile({ bytes, form, profile, sheet, encoding }: FileReading): Promise<SheetFile> {
  if (!profile) throw new UnusableFileError('this version reads no DCAT-AP, only sheets');
  if (form === 'jsonld') throw new UnusableFileError('JSON-LD is read by the profile dcat-ap only');
  if (form === 'csv') {
    if (!isSameSheet(profile)) throw new UnusableFileError('CSV has one sheet, and the profile reads two');
    return tableEntries(profile, csvTable(bytes, encoding));
  }
  const entries = await xlsxTable(bytes, sheet ?? profile.entries.sheet);
  if (isSameSheet(profile)) return tableEntries(profile, entries);
  if (profile.items.sheet === undefined) throw new UnusableFileError('the profile names no sheet of the items');
  return tableEntries(profile, entries, await xlsxTable(bytes, profile.items.sheet));
}
