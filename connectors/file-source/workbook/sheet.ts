import { BrokenFileError } from '../broken-file.js';
import { CellProblem, numberText } from './cell-text.js';
import { readWorkbook, unescaped, type WorkbookParts } from './workbook-parts.js';
import { readXml } from './xml.js';

/** Undefined: the cell is empty. */
type CellContent = string | CellProblem | undefined;

/** The rows of a sheet, in order. Throws BrokenFileError when the file is not a workbook, or has no such sheet. */
export async function readSheet(path: string, sheet: string | number): Promise<SheetRow[]> {
  return rowsIn(await readWorkbook(path, sheet));
}

/** One row. A cell is judged when it is asked for: an error in a column that nobody maps refuses nothing. */
export class SheetRow {
  readonly #cells: CellContent[] = [];

  constructor(private readonly number: number) {}

  set(index: number, content: CellContent): void {
    this.#cells[index] = content;
  }

  get isBlank(): boolean {
    return this.#cells.every((cell) => cell === undefined || (typeof cell === 'string' && cell.trim() === ''));
  }

  /** Text of a cell; undefined when it is empty. */
  text(index: number, column: string): string | undefined {
    const cell = this.#cells[index];
    if (cell instanceof CellProblem) throw new BrokenFileError(`row ${this.number}, column ${column} ${cell.reason}`);
    return cell === '' ? undefined : cell;
  }

  /** Text of all cells; a cell with a problem is no name of a column. */
  texts(): string[] {
    return Array.from(this.#cells, (cell) => (typeof cell === 'string' ? cell : ''));
  }
}

interface OpenCell {
  index: number;
  type: string;
  style: number;
  value: string;
  inline: string;
  hasFormula: boolean;
}

function rowsIn(parts: WorkbookParts): SheetRow[] {
  const rows: SheetRow[] = [];
  const inside: string[] = [];
  let cell: OpenCell | undefined;
  let rowNumber = 0;
  let nextIndex = 0;
  readXml(parts.sheetXml, {
    open: (name, attributes) => {
      inside.push(name);
      if (name === 'row') {
        rowNumber = Number(attributes.r ?? rowNumber + 1);
        nextIndex = 0;
        rows.push(new SheetRow(rowNumber));
      } else if (name === 'c') {
        cell = openCell(attributes, nextIndex);
        nextIndex = cell.index + 1;
      } else if (name === 'f' && cell) cell.hasFormula = true;
    },
    text: (text) => {
      if (!cell) return;
      if (inside.at(-1) === 'v') cell.value += text;
      else if (inside.at(-1) === 't' && !inside.includes('rPh')) cell.inline += text;
    },
    close: (name) => {
      inside.pop();
      if (name !== 'c' || !cell) return;
      rows.at(-1)?.set(cell.index, contentOf(cell, parts));
      cell = undefined;
    },
  });
  return rows;
}

function openCell({ r, t = 'n', s = '0' }: Record<string, string>, nextIndex: number): OpenCell {
  const letters = /^[A-Z]+/.exec(r ?? '')?.[0];
  const index = letters === undefined ? nextIndex : columnIndex(letters);
  return { index, type: t, style: Number(s), value: '', inline: '', hasFormula: false };
}

/** `A` → 0, `AA` → 26. */
const columnIndex = (letters: string): number =>
  [...letters].reduce((index, letter) => index * 26 + letter.charCodeAt(0) - 64, 0) - 1;

function contentOf(cell: OpenCell, { sharedStrings, formats, is1904 }: WorkbookParts): CellContent {
  const { type, value, hasFormula } = cell;
  if (type === 'e') return new CellProblem(`shows ${value}`);
  if (type === 's') return sharedStrings[Number(value)];
  if (type === 'inlineStr') return unescaped(cell.inline);
  if (value === '')
    return hasFormula && type !== 'str' ? new CellProblem('has a formula without a stored result') : undefined;
  if (type === 'str') return unescaped(value);
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type === 'd') return value.replace(/T00:00:00(?:\.0+)?Z?$/, '');
  return numberText(value, { code: formats[cell.style] ?? 'General', is1904 });
}
