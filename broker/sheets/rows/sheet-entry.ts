import { ITEMS_MAX } from '../../catalog/document/entry-problems.js';

/** Statement of a cell about its field. */
export type Reading =
  | { kind: 'empty' }
  | { kind: 'value'; value: unknown }
  /** A word that the map of the column does not have; the text says so. */
  | { kind: 'outside'; text: string }
  /** The cell says nothing, and a line of the report says why. */
  | { kind: 'faulty' };

export interface SheetField {
  reading: Reading;
  /** Value of the cell in the form in which it is compared with an export. */
  says: string;
  row: number;
  /** Column of the report. */
  column: string;
}

/** A line of the report that the file alone decides. */
export interface Fault {
  result: 'problem' | 'refused';
  row: number;
  /** The row is on the sheet of the items. */
  onItems?: boolean;
  column?: string;
  field?: string;
  code?: 'SECRET_ITEM' | 'CORE_DATA' | 'ENTRY_INVALID';
  article?: 'R3' | 'R34' | 'R13';
  text: string;
}

export interface SheetItem {
  row: number;
  /** By name of the column, since several columns may speak about one field. */
  fields: Record<string, SheetField>;
  /** Cells of columns that the profile does not name; null is an empty one. */
  others: Record<string, string | null>;
  /** Statements of the item about its name: a title in Chinese, and a name that somebody gave it. */
  title?: string;
  stated?: string;
  /** Name that is made from the title, before it gets a number. */
  made?: string;
}

export interface SheetEntry {
  row: number;
  lastRow: number;
  /** Value that identifies the entry: undefined where the cell cannot be read, '' where it is empty. */
  from: string | undefined;
  fields: Record<string, SheetField>;
  others: Record<string, string | null>;
  items: SheetItem[];
  faults: Fault[];
  /** Rows of it cannot be read, so what it lacks is not known. */
  isBroken: boolean;
  /** The row says nothing but its problem: it has the key of an earlier one, or none. */
  isIgnored?: boolean;
}

/** A file without its entries and lines. */
export interface SheetHead {
  /** Sheets of a workbook: of the entries, and of the items. */
  sheet?: string;
  itemSheet?: string;
  /** Columns of the profile that the file has. */
  columns: string[];
  itemColumns: string[];
  /** The first row beyond the bound: nothing of the file counts. */
  beyond?: { row: number; onItems: boolean };
}

/** A file as it stands, before the catalog is asked. */
export interface SheetFile extends SheetHead {
  entries: SheetEntry[];
  /** Lines of no entry. */
  loose: Fault[];
}

/** Lines that one entry is reported with: some for each of its items. The broker holds all of them while it decides about the entry. */
const FAULTS_MAX = 10_000;
/** Characters of JSON of one entry. A document of the catalog has at most a quarter of that. */
const ENTRY_CHARACTERS_MAX = 4 * 1024 * 1024;

/** Takes lines away beyond those that a person reads; the last line counts them. */
export function boundFaults(entry: { row: number; faults: Fault[] }): void {
  const more = entry.faults.length - FAULTS_MAX;
  if (more <= 0) return;
  entry.faults = entry.faults.slice(0, FAULTS_MAX);
  entry.faults.push({ result: 'problem', row: entry.row, text: `the entry has ${more} problems more` });
}

/** JSON of the entry; of one that no catalog takes, for its size alone, only that. */
export function boundSize(entry: { row: number; lastRow: number; faults: Fault[] }): string {
  const text = JSON.stringify(entry);
  if (text.length <= ENTRY_CHARACTERS_MAX) return text;
  const { row, lastRow } = entry;
  const fault = {
    result: 'problem',
    row,
    code: 'ENTRY_INVALID',
    article: 'R13',
    text: 'the entry is too large',
  } as const;
  const empty = { fields: {}, others: {}, own: {}, items: [], isBroken: true, isIgnored: true };
  return JSON.stringify({ ...empty, row, lastRow, faults: [fault] });
}

/** Takes items away that no entry can have; the line of the report is the one with which the catalog would refuse them. */
export function boundItems(entry: { row: number; items?: unknown[]; faults: Fault[] }): void {
  if (!entry.items || entry.items.length <= ITEMS_MAX) return;
  entry.items = entry.items.slice(0, ITEMS_MAX);
  const text = `the entry has more than ${ITEMS_MAX} items`;
  entry.faults.push({ result: 'problem', row: entry.row, field: 'items', code: 'ENTRY_INVALID', article: 'R13', text });
}
