import type { DcatFile } from '../dcat/dcat-file.js';
import { readCatalog } from '../dcat/read-catalog.js';
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

/** Reads a whole file of DCAT-AP or by its profile. Throws UnusableFileError. A large one takes seconds: call it in a thread. */
export async function readCatalogFile({ profile, ...reading }: FileReading): Promise<SheetFile | DcatFile> {
  if (profile) return readSheetFile({ ...reading, profile });
  if (reading.form !== 'jsonld') throw new UnusableFileError('the profile dcat-ap reads JSON-LD only');
  return readCatalog(reading.bytes);
}

/** Reads a whole file by its profile of columns. Throws UnusableFileError. */
export async function readSheetFile(reading: FileReading & { profile: TableProfile }): Promise<SheetFile> {
  const { bytes, form, profile, sheet, encoding } = reading;
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
