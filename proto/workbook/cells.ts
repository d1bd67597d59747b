import { readXml } from './xml.js';

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

/** Reads the XML of a sheet once from beginning to end. Throws on what is not well-formed. */
export function readCells(sheetXml: string, handlers: CellHandlers): void {
  const inside: string[] = [];
  let cell: SheetCell | undefined;
  let rowNumber = 0;
  let nextIndex = 0;
  readXml(sheetXml, {
    open: (name, attributes) => {
      inside.push(name);
      if (name === 'row') {
        rowNumber = Number(attributes.r ?? rowNumber + 1);
        nextIndex = 0;
        handlers.row(rowNumber);
      } else if (name === 'c') {
        cell = openCell(attributes, nextIndex);
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

function openCell({ r, t = 'n', s = '0' }: Record<string, string>, nextIndex: number): SheetCell {
  const letters = /^[A-Z]+/.exec(r ?? '')?.[0];
  const index = letters === undefined ? nextIndex : columnIndex(letters);
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
