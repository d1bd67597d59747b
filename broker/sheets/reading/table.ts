import { isWellFormed } from '../../../proto/values/unicode.js';
import { trimmed } from './text-form.js';

/** A cell that says nothing, because its value cannot be read. */
export interface Flaw {
  flaw: string;
}

/** Text without white space at both ends; undefined when the cell is empty. */
export type Cell = string | Flaw | undefined;

export interface TableRow {
  /** As a spreadsheet shows it: the first row of the file is 1. */
  number: number;
  cells: Cell[];
  /** CSV: a byte of the row cannot be read. */
  isBroken?: boolean;
}

/** The rows of a sheet that have any text, header and notes among them. */
export interface Table {
  /** Name of the sheet; a CSV file has none. */
  sheet?: string;
  rows: TableRow[];
  /** Vertically merged ranges, filled down when the body is read: row number → cells of the rows below the first. */
  filled: Map<number, Map<number, Cell>>;
  /** Columns of a merged range of one row, for the upper header. */
  spread: Map<number, Map<number, Cell>>;
}

/** Escapes of a workbook can spell half a surrogate pair, which no text that is signed may hold. */
export function textCell(text: string): Cell {
  if (!isWellFormed(text)) return { flaw: 'is not well-formed Unicode' };
  return trimmed(text) || undefined;
}

export const isFlaw = (cell: Cell): cell is Flaw => typeof cell === 'object';

/** The file cannot be read as what it is said to be, or not with this profile. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
}

export const ROWS_MAX = 100_000;
/** Rows with text that a file is read for: notes above the header, and one row more than it may have. */
export const READ_ROWS_MAX = 2 * ROWS_MAX;
