import { BrokenFileError } from './broken-file.js';
import { readXml } from './xml.js';

/** Those of a spreadsheet: a cell far to the right would be an array of as many. */
export const COLUMNS_MAX = 16_384;
const TYPES: ReadonlySet<string> = new Set(['n', 's', 'inlineStr', 'str', 'b', 'd', 'e']);
/** A number as XML Schema writes one; JavaScript would read `0x1F` and white space as well. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a cell stores; undefined for any other text. */
export function storedNumber(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** The truth value that a cell stores, as a sheet shows it; undefined for any other text. */
export function shownTruth(text: string): string | undefined {
  if (text === '1' || text === 'true') return 'TRUE';
  return text === '0' || text === 'false' ? 'FALSE' : undefined;
}

/** A cell as the sheet stores it. */
export interface SheetCell {
  /** Column, from 0. */
  index: number;
  /** `n` number, `s` shared string, `inlineStr`, `str`, `b`, `d`, `e`. */
  type: string;
  style: number;
  value: string;
  inline: string;
  hasFormula: boolean;
}

export interface MergedRange {
  firstRow: number;
  lastRow: number;
  firstIndex: number;
  lastIndex: number;
}

export interface CellHandlers {
  /** Rows come in order, each before its cells; the first one has number 1. */
  row(number: number): void;
  cell(cell: SheetCell): void;
  /** Merged ranges come behind all rows. */
  merged?(range: MergedRange): void;
}

/** Reads the XML of a sheet once from beginning to end. Throws BrokenFileError for what no spreadsheet would show as it stands. */
export function readCells(sheetXml: string, handlers: CellHandlers): void {
  const inside: string[] = [];
  let cell: SheetCell | undefined;
  let rowNumber = 0;
  let nextIndex = 0;
  readXml(sheetXml, {
    open: (name, attributes) => {
      inside.push(name);
      if (name === 'row') {
        rowNumber = rowAfter(rowNumber, attributes.r);
        nextIndex = 0;
        handlers.row(rowNumber);
      } else if (name === 'c') {
        cell = openCell(attributes, nextIndex, rowNumber);
        nextIndex = cell.index + 1;
      } else if (name === 'f' && cell) cell.hasFormula = true;
      else if (name === 'mergeCell') handlers.merged?.(rangeOf(attributes.ref ?? ''));
    },
    text: (text) => {
      if (!cell) return;
      if (inside.at(-1) === 'v') cell.value += text;
      else if (inside.at(-1) === 't' && !inside.includes('rPh')) cell.inline += text;
    },
    close: (name) => {
      inside.pop();
      if (name !== 'c' || !cell) return;
      handlers.cell(cell);
      cell = undefined;
    },
  });
}

/** A row that stands there twice, or behind a later one, would be shown in some other order, or not at all. */
function rowAfter(before: number, stated: string | undefined): number {
  const number = stated === undefined ? before + 1 : Number(stated);
  if (number > before && Number.isInteger(number)) return number;
  throw new BrokenFileError(`row ${stated} does not follow row ${before}`);
}

function openCell({ r, t = 'n', s = '0' }: Record<string, string>, nextIndex: number, row: number): SheetCell {
  const letters = /^[A-Z]+/.exec(r ?? '')?.[0];
  const index = letters === undefined ? nextIndex : columnIndex(letters);
  if (index < nextIndex) throw new BrokenFileError(`row ${row} has a cell twice, or not in the order of the columns`);
  if (index >= COLUMNS_MAX)
    throw new BrokenFileError(`row ${row} has a cell beyond the ${COLUMNS_MAX} columns of a sheet`);
  if (!TYPES.has(t)) throw new BrokenFileError(`row ${row} has a cell of an unknown type`);
  return { index, type: t, style: Number(s), value: '', inline: '', hasFormula: false };
}

/** `A` → 0, `AA` → 26. */
const columnIndex = (letters: string): number =>
  [...letters].reduce((index, letter) => index * 26 + letter.charCodeAt(0) - 64, 0) - 1;

/** `A2:C5`; a range of one cell may be `A2`. */
function rangeOf(ref: string): MergedRange {
  const [, a = 'A', top = '0', b = a, bottom = top] = /^\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?$/.exec(ref) ?? [];
  return { firstRow: Number(top), lastRow: Number(bottom), firstIndex: columnIndex(a), lastIndex: columnIndex(b) };
}
