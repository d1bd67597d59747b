import { decimalOf } from '../../../proto/values/exact-number.js';
import { BrokenFileError } from '../../../proto/workbook/broken-file.js';
import {
  COLUMNS_MAX,
  type MergedRange,
  readCells,
  type SheetCell,
  shownTruth,
  storedNumber,
} from '../../../proto/workbook/cells.js';
import { isTimeFormat, shownTime } from '../../../proto/workbook/shown-time.js';
import {
  readWorkbook,
  unescaped,
  type WorkbookParts,
  type WorkbookSheet,
} from '../../../proto/workbook/workbook-parts.js';
import { type Cell, READ_ROWS_MAX, type Table, type TableRow, textCell, UnusableFileError } from './table.js';
import { comparable } from './text-form.js';

const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Times in catalogs are typed by people, to the second. */
const STEP_MS = 1_000;

/** Reads the sheet of that name, or the first one that is not hidden. Throws UnusableFileError. */
export async function xlsxTable(bytes: Uint8Array, sheet: string | undefined): Promise<Table> {
  if (!ZIP.every((byte, index) => bytes[index] === byte)) {
    throw new UnusableFileError('the file is not an XLSX workbook, or is locked with a password');
  }
  try {
    const packed = { bytes: bytes.length, chunks: () => chunksOf(bytes) };
    return tableOf(await readWorkbook(packed, (sheets) => chosen(sheets, sheet)));
  } catch (error) {
    if (error instanceof UnusableFileError) throw error;
    const why = error instanceof BrokenFileError ? `: ${error.message}` : '';
    throw new UnusableFileError(`the file is not an XLSX workbook${why}`, { cause: error });
  }
}

function chosen(sheets: readonly WorkbookSheet[], name: string | undefined): WorkbookSheet {
  const found =
    name === undefined
      ? sheets.find(({ isHidden }) => !isHidden)
      : (sheets.find((one) => one.name === name) ?? sheets.find((one) => comparable(one.name) === comparable(name)));
  if (found) return found;
  throw new UnusableFileError(name === undefined ? 'every sheet is hidden' : `the workbook has no sheet ${name}`);
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  const CHUNK_BYTES = 1024 * 1024;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

function tableOf(parts: WorkbookParts): Table {
  const rows: TableRow[] = [];
  const merged: MergedRange[] = [];
  let isFull = false;
  readCells(parts.sheetXml, {
    row: (number) => {
      // Sheets have formats in a million rows that hold nothing.
      if (rows.at(-1)?.cells.length === 0) rows.pop();
      if (rows.length <= READ_ROWS_MAX) rows.push({ number, cells: [] });
      else isFull = true;
    },
    cell: (cell) => {
      const row = rows.at(-1);
      const read = isFull ? undefined : cellOf(cell, parts);
      if (row && read !== undefined) row.cells[cell.index] = read;
    },
    merged: (range) => merged.push(range),
  });
  const withText = rows.filter((row) => row.cells.some((cell) => cell !== undefined));
  return { sheet: parts.name, rows: withText, ...fillings(withText, merged) };
}

/** A merged cell has its text at its upper left; it stands for every row, and in a header for every column. */
function fillings(rows: readonly TableRow[], merged: readonly MergedRange[]): Pick<Table, 'filled' | 'spread'> {
  const filled: Table['filled'] = new Map();
  const spread: Table['spread'] = new Map();
  const byNumber = new Map(rows.map((row, index) => [row.number, index]));
  const put = (map: Table['filled'], row: number, index: number, cell: Cell): void => {
    const cells = map.get(row) ?? new Map<number, Cell>();
    map.set(row, cells.set(index, cell));
  };
  for (const { firstRow, lastRow, firstIndex, lastIndex } of merged) {
    const first = byNumber.get(firstRow);
    const cell = first === undefined ? undefined : rows[first]?.cells[firstIndex];
    if (first === undefined || cell === undefined) continue;
    for (let at = first + 1; at < rows.length && (rows[at] as TableRow).number <= lastRow; at++) {
      put(filled, (rows[at] as TableRow).number, firstIndex, cell);
    }
    for (let index = firstIndex; index <= Math.min(lastIndex, COLUMNS_MAX); index++) put(spread, firstRow, index, cell);
  }
  return { filled, spread };
}

function cellOf(cell: SheetCell, { sharedStrings, formats, is1904 }: WorkbookParts): Cell {
  const { type, value, hasFormula, style } = cell;
  if (type === 'e') return { flaw: 'shows an error' };
  if (type === 's') return textCell(sharedStrings[Number(value)] ?? '');
  if (type === 'inlineStr') return textCell(unescaped(cell.inline));
  if (value === '') return hasFormula && type !== 'str' ? { flaw: 'has a formula without a stored value' } : undefined;
  if (type === 'str') return textCell(unescaped(value));
  if (type === 'b') return shownTruth(value) ?? { flaw: 'is neither true nor false' };
  if (type === 'd') return value.replace(/T00:00:00(?:\.0+)?Z?$/, '').replace(/(?:\.\d+)?Z?$/, '');
  return numberCell(value, formats[style] ?? 'General', is1904);
}

function numberCell(stored: string, format: string, is1904: boolean): Cell {
  const value = storedNumber(stored);
  if (value === undefined) return { flaw: 'is not a number' };
  if (isTimeFormat(format)) return timeCell(value, format, is1904);
  const shortest = String(value === 0 ? 0 : value);
  return /e/.test(shortest) ? (decimalOf(shortest) ?? shortest) : shortest;
}

function timeCell(serial: number, format: string, is1904: boolean): Cell {
  const shown = shownTime(serial, format, is1904, STEP_MS);
  return Array.isArray(shown) ? shown.join('T') : shown;
}
